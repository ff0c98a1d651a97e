/** What the service would make of the environment a deployment gives it: asked of its own configuration. */
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Environment } from '../../../src/config/schema.ts'
import { type Config, ConfigError, loadConfig } from '../../../src/config.ts'
import type { Deployment, Variable } from './deployments/deployment.ts'
import type { ImageFacts } from './dockerfile.ts'

export const SCHEMA = Environment.properties as Record<string, { secret?: true } | undefined>

const AUTHORITY = readFileSync(new URL('sample-authority.pem', import.meta.url), 'utf8')
/** Secrets must differ from each other; a second one of the same shape. */
const turned = (secret: string) => secret.slice(7) + secret.slice(0, 7)

export interface Problem {
  variable: string
  text: string
}

export interface Outcome {
  config: Config | undefined
  problems: Problem[]
  /** Names of the variables that were there. */
  given: Set<string>
}

/** The image's own variables, then the platform's, then the manifest's. */
export function environmentOf(deployment: Deployment, image: ImageFacts): Record<string, string> {
  const env: Record<string, string> = { ...image.env, ...deployment.profile.injected }
  deployment.variables.forEach((variable, index) => {
    const value = sampleOf(variable, deployment, index)
    if (value !== undefined) env[variable.name] = value
  })
  return env
}

function sampleOf({ origin, value, length }: Variable, { profile }: Deployment, index: number): string | undefined {
  if (value !== undefined) return value
  if (origin === 'database') return profile.databaseUrl
  if (origin === 'authority') return AUTHORITY
  if (origin === 'secret') return (index % 2 === 0 ? profile.secret : turned(profile.secret)).slice(0, length)
  return undefined
}

/** That the service itself refuses SQLite on a disk that is thrown away. */
export const isAboutDisk = ({ variable, text }: Problem) => variable === 'DATABASE_URL' && /^is SQLite, /.test(text)

/** Reads the environment as the service does in production, where it makes no secret by itself. */
export function tryEnvironment(env: Record<string, string>): Outcome {
  const given = new Set(Object.keys(env))
  try {
    const config = loadConfig({ ...env, NODE_ENV: 'production' }, { cwd: join(tmpdir(), 'deploy-check') })
    return { config, problems: [], given }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const problems = error.problems.map((line) => {
      const [, variable = '', text = ''] = /^(\w+): (.*)$/s.exec(line) ?? []
      return { variable, text: text.replace(/ Make one: .*/s, '') }
    })
    return { config: undefined, problems, given }
  }
}
