/** Files that say the same for two readers. */
import { isDeepStrictEqual } from 'node:util'
import type { Deployment } from './deployments/deployment.ts'
import type { Manifests } from './files.ts'

const SOURCES = ['git', 'github']

export function twinProblems(manifests: Manifests, deployments: Deployment[]): string[] {
  return [...digitaloceanProblems(manifests), ...railwayProblems(deployments)]
}

/** But for where the code comes from, and whether it comes again by itself. */
function digitaloceanProblems(manifests: Manifests): string[] {
  const template = manifests.get('.do/deploy.template.yaml') as { spec?: unknown } | undefined
  const spec = manifests.get('.do/app.yaml')
  if (template === undefined || spec === undefined) return []
  const same = isDeepStrictEqual(withoutSources(template.spec), withoutSources(spec))
  return same ? [] : ['.do/app.yaml and .do/deploy.template.yaml differ in more than where the code comes from']
}

function withoutSources(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSources)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !SOURCES.includes(key))
      .map(([key, member]) => [key, withoutSources(member)]),
  )
}

function railwayProblems(deployments: Deployment[]): string[] {
  const [program, template] = deployments.filter(({ profile }) => profile.name === 'railway').map(essence)
  if (program === undefined || template === undefined) return []
  return isDeepStrictEqual(program, template) ? [] : ['.railway/railway.ts and .railway/template.json differ']
}

function essence({ variables, migration, probes, graceSeconds, sources }: Deployment) {
  const plain = variables.map(({ name, value, origin }) => `${name} ${origin} ${value ?? ''}`).sort()
  return { plain, migration: migration?.text, probes, graceSeconds, sources }
}
