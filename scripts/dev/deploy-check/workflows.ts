/** Rules for GitHub's workflows that their schema cannot hold. */
import type { Manifests } from './files.ts'
import type { Project } from './project.ts'

interface Workflow {
  permissions?: unknown
  concurrency?: unknown
  jobs?: Record<string, Job>
}

interface Job {
  needs?: string | string[]
  uses?: string
  'timeout-minutes'?: number
  steps?: Step[]
}

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

function workflowsIn(manifests: Manifests): [string, Workflow][] {
  return [...manifests]
    .filter(([file]) => file.startsWith('.github/workflows/'))
    .map(([file, content]) => [file, content as Workflow])
}

export function workflowProblems(project: Project, manifests: Manifests): string[] {
  return workflowsIn(manifests).flatMap(([file, workflow]) => {
    const jobs = Object.entries(workflow.jobs ?? {})
    const general = [
      ...(workflow.permissions === undefined ? ['no permissions: the token may do everything'] : []),
      ...(workflow.concurrency === undefined ? ['no concurrency'] : []),
    ]
    const known = jobs.map(([name]) => name)
    return [...general, ...jobs.flatMap(([name, job]) => jobProblems(project, name, job, known))].map(
      (problem) => `${file}: ${problem}`,
    )
  })
}

function jobProblems(project: Project, name: string, job: Job, known: string[]): string[] {
  const needs = [job.needs ?? []].flat().filter((one) => !known.includes(one))
  const local = job.uses?.startsWith('./') ? job.uses.slice(2) : undefined
  return [
    ...needs.map((one) => `${name} needs ${one}, which is no job`),
    ...(job.uses === undefined && job['timeout-minutes'] === undefined ? [`${name} has no timeout-minutes`] : []),
    ...(local !== undefined && !project.has(local) ? [`${name} uses ${local}, which is missing`] : []),
    ...(job.steps ?? []).flatMap((step) => stepProblems(project, name, step)),
  ]
}

function stepProblems(project: Project, name: string, { uses, run = '' }: Step): string[] {
  const { scripts = {} } = project.json<{ scripts?: Record<string, string> }>('package.json')
  const unpinned = uses !== undefined && !/^\.\/|@[0-9a-f]{40}$/.test(uses)
  const missing = Array.from(run.matchAll(/npm run ([\w:-]+)/g), ([, script = '']) => script).filter(
    (script) => !(script in scripts),
  )
  return [
    ...(unpinned ? [`${name} uses ${uses}, which may change: name its commit`] : []),
    ...missing.map((script) => `${name} runs npm script ${script}, which is missing`),
    ...(/\$\{\{\s*(?:github\.event|github\.head_ref)/.test(run)
      ? [`${name} puts a stranger's text into a command`]
      : []),
  ]
}

/** The version of Node each workflow asks for. */
export function workflowVersions(manifests: Manifests): { where: string; version: string | undefined }[] {
  return workflowsIn(manifests).flatMap(([where, { jobs = {} }]) =>
    Object.values(jobs)
      .flatMap(({ steps = [] }) => steps)
      .filter(({ uses }) => uses?.startsWith('actions/setup-node@'))
      .map((step) => ({ where, version: /\d+/.exec(String(step.with?.['node-version']))?.[0] })),
  )
}
