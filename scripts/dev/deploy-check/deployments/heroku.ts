import { heroku } from '../profiles/heroku.ts'
import { repositoryName } from '../project.ts'
import { type Command, commandOf, type Deployment, newDeployment, type Variable } from './deployment.ts'

interface AppJson {
  repository?: string
  stack?: string
  addons?: (string | { plan: string })[]
  formation?: { web?: { quantity?: number } }
  env?: Record<string, string | { value?: string; generator?: string; required?: boolean }>
}

interface HerokuYml {
  release?: { image?: string; command?: string | string[] }
  run?: Record<string, string | { command?: string | string[] }>
}

/** @param procfile its text, where there is one */
export function readHeroku(file: string, manifest: unknown, yml: unknown, procfile: string | undefined): Deployment {
  const app = manifest as AppJson
  const { release, run = {} } = yml as HerokuYml
  const plans = (app.addons ?? []).map((addon) => (typeof addon === 'string' ? addon : addon.plan))
  const hasDatabase = plans.some((plan) => plan.startsWith('heroku-postgresql'))
  const lost = procfile !== undefined && app.stack === 'container'
  return {
    ...newDeployment(heroku, file),
    variables: Object.entries(app.env ?? {}).map(([name, value]) => variableOf(name, value)),
    databaseProblems: hasDatabase ? [] : ['there is no add-on heroku-postgresql, and no database comes by itself'],
    migration: commandOf('heroku.yml release', [release?.command].flat().join(' && ')),
    migrationProblems: [
      ...(lost ? ['Procfile is not read with the stack container; heroku.yml has the release'] : []),
      ...(release && release.image === undefined ? ['heroku.yml: release names no image'] : []),
    ],
    commands: Object.entries(run).flatMap(([name, command]) => commandIn(name, command) ?? []),
    instances: app.formation?.web?.quantity ?? 1,
    sources: [{ repository: repositoryName(app.repository), branch: undefined }],
  }
}

function commandIn(name: string, run: string | { command?: string | string[] }): Command | undefined {
  return commandOf(`heroku.yml run.${name}`, [typeof run === 'string' ? run : run.command].flat().join(' '))
}

function variableOf(name: string, env: NonNullable<AppJson['env']>[string]): Variable {
  if (typeof env === 'string') return { name, value: env, origin: 'literal' }
  if (env.generator === 'secret') return { name, origin: 'secret' }
  if (env.value !== undefined) return { name, value: env.value, origin: 'literal' }
  return { name, origin: env.required === false ? 'optional' : 'secret' }
}
