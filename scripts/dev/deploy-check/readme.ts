/** The buttons of the README lead to this repository, and say so where they cannot yet. */
import type { Deployment } from './deployments/deployment.ts'
import type { Manifests } from './files.ts'
import type { Project } from './project.ts'
import { repositoryName } from './project.ts'

const BUTTONS: { name: string; pattern: RegExp }[] = [
  { name: 'Render', pattern: /https:\/\/render\.com\/deploy\?repo=([^)\s"]+)/ },
  { name: 'Heroku', pattern: /https:\/\/www\.heroku\.com\/deploy\?template=([^)\s"]+)/ },
  { name: 'DigitalOcean', pattern: /https:\/\/cloud\.digitalocean\.com\/apps\/new\?repo=([^)\s"]+\/tree\/[^)\s"]+)/ },
]
const RAILWAY = /https:\/\/railway\.com\/(?:new\/template|deploy)\/([\w-]+)/

export function readmeProblems(
  project: Project,
  manifests: Manifests,
  repository: string | undefined,
  deployments: Deployment[],
): string[] {
  const text = project.read('README.md') ?? ''
  const branch = deployments.flatMap(({ sources }) => sources).find((source) => source.branch !== undefined)?.branch
  return [
    ...BUTTONS.flatMap(({ name, pattern }) => {
      const [, target] = pattern.exec(text) ?? []
      if (target === undefined) return [`there is no button for ${name}, or of another form`]
      const [, named] = /\/tree\/(.+)$/.exec(target) ?? []
      return [
        ...(repositoryName(target) === repository ? [] : [`the button for ${name} leads to ${target}`]),
        ...(named === undefined || named === branch ? [] : [`the button for ${name} leads to the branch ${named}`]),
      ]
    }),
    ...railwayProblems(text, manifests),
  ]
}

function railwayProblems(text: string, manifests: Manifests): string[] {
  const { code } = (manifests.get('.railway/template.json') ?? {}) as { code?: string | null }
  const [, linked] = RAILWAY.exec(text) ?? []
  if (code) return linked === code ? [] : [`the button for Railway does not have the template's code ${code}`]
  if (linked !== undefined) return [`the button for Railway has the code ${linked}, .railway/template.json has none`]
  return /Railway[\s\S]*?not made yet/.test(text) ? [] : ["it does not say that Railway's template is not made yet"]
}
