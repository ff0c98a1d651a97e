import { join } from 'node:path'
import { type Test, t as tap, test } from 'tap'
import type { Deployment } from '../../scripts/dev/deploy-check/deployments/deployment.ts'
import type { ImageFacts } from '../../scripts/dev/deploy-check/dockerfile.ts'
import { checkDeployment } from '../../scripts/dev/deploy-check/phases/phases.ts'
import { copied, makeWorkspace, type Workspace } from '../../scripts/dev/deploy-check/phases/workspace.ts'
import { Project } from '../../scripts/dev/deploy-check/project.ts'
import type { Result } from '../../scripts/dev/deploy-check/results.ts'
import { checkStatically } from '../../scripts/dev/deploy-check/static.ts'
import { withoutOpenssl } from './certificates.ts'

export const project = new Project(join(import.meta.dirname, '../..'))
export const { deployments, image } = await checkStatically(project)

/** Why no deployment can be played here, or false. */
export const skip = process.platform === 'win32' ? 'no POSIX shell' : await withoutOpenssl()

/** A deployment that goes wrong, and the one phase that must find it. */
export interface Fault {
  id: string
  what: string
  deployment: Deployment
  image?: ImageFacts
  said: RegExp
  /** Why it cannot be played here. */
  skip?: string | false
}

export const deploymentOf = (file: string) => deployments.find((one) => one.file === file) as Deployment

/** @param value undefined: without the variable */
export function withVariable(file: string, name: string, value?: string): Deployment {
  const deployment = deploymentOf(file)
  const others = deployment.variables.filter((variable) => variable.name !== name)
  const variables = value === undefined ? others : [...others, { name, value, origin: 'literal' as const }]
  return { ...deployment, variables }
}

const SERVER = ['--import', './src/process/node-version.js', 'src/server.ts']

/** The image with another command. */
const started = (...command: string[]): ImageFacts => ({ ...image, command })

/** The service after a program of a few lines. */
export const startedAfter = (program: string): ImageFacts =>
  started('node', '--import', `data:text/javascript,${encodeURIComponent(program)}`, ...SERVER)

/** The service in a shell. */
export const startedByShell = (after: string): ImageFacts =>
  started('/bin/sh', '-c', `node ${SERVER.join(' ')}${after}`)

let workspace: Promise<Workspace> | undefined
tap.teardown(async () => (await workspace)?.remove())

/** Plays each of them in a test of its own; all in one workspace, for making one takes as long as playing one. */
export function playFaults(faults: Fault[]): void {
  for (const fault of faults) {
    test(`${fault.id} finds ${fault.what}`, { skip: skip || (fault.skip ?? false) }, async (t) => {
      workspace ??= makeWorkspace(project, copied)
      const results = await checkDeployment(fault.deployment, fault.image ?? image, await workspace)
      requireFound(t, results, fault)
    })
  }
}

/** What was looked for is found, and nothing else. */
export function requireFound(t: Test, results: Result[], { id, said }: Pick<Fault, 'id' | 'said'>): void {
  const failed = results.filter(({ status }) => status === 'fail')
  t.strictSame(
    failed.map((result) => result.id),
    [id],
    JSON.stringify(results),
  )
  t.match(failed[0]?.evidence, said)
}
