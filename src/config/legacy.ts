import type { VariableName } from './schema.ts'

export type RawEnvironment = Record<string, string | undefined>

interface Translation {
  name: VariableName
  /** Undefined: this value says nothing to us. */
  translate: (value: string) => string | undefined
}

const same = (value: string) => value

const debug = (value: string) => (/^(true|1|yes|on)$/i.test(value) ? 'debug' : undefined)

/** Names of the Flask system, and of Flask itself. */
const LEGACY: Record<string, Translation> = {
  SQLALCHEMY_DATABASE_URI: { name: 'DATABASE_URL', translate: same },
  FLASK_ENV: { name: 'NODE_ENV', translate: (value) => (value === 'testing' ? 'test' : value) },
  FLASK_RUN_HOST: { name: 'HOST', translate: same },
  FLASK_RUN_PORT: { name: 'PORT', translate: same },
  FLASK_DEBUG: { name: 'LOG_LEVEL', translate: debug },
  // Also the switch of npm's "debug" package (`DEBUG=app:*`), which is not meant for us.
  DEBUG: { name: 'LOG_LEVEL', translate: debug },
}

/** Python's logging levels. */
const PYTHON_LEVELS = new Map([
  ['NOTSET', 'trace'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['WARNING', 'warn'],
  ['ERROR', 'error'],
  ['CRITICAL', 'fatal'],
  ['FATAL', 'fatal'],
])

export interface Modern {
  variables: RawEnvironment
  notices: string[]
  /** New name → the old name its value came by; messages should use what the person wrote. */
  origins: Map<string, string>
}

/**
 * Translates the Flask system's names and levels; a new name wins over its old one.
 *
 * @param env values trimmed, empty ones absent
 * @returns a copy, with one notice for each old word; no value of a secret in them
 */
export function modernise(env: RawEnvironment): Modern {
  const variables = { ...env }
  const notices: string[] = []
  const origins = new Map<string, string>()

  const level = PYTHON_LEVELS.get(variables.LOG_LEVEL ?? '')
  if (level) {
    notices.push(`LOG_LEVEL=${variables.LOG_LEVEL} is the old spelling; write LOG_LEVEL=${level}.`)
    variables.LOG_LEVEL = level
  }
  for (const [old, { name, translate }] of Object.entries(LEGACY)) {
    const written = variables[old]
    const value = written === undefined ? undefined : translate(written)
    if (value === undefined) continue
    if (variables[name] === undefined) {
      variables[name] = value
      origins.set(name, old)
      notices.push(
        `${old} is understood, but its name is now ${name}${value === written ? '' : ` (${name}=${value})`}.`,
      )
    } else if (variables[name] !== value) {
      notices.push(`${name} is used; ${old} says something else. Remove ${old}.`)
    }
  }
  if (variables.PGSSLMODE !== undefined && variables.DATABASE_SSL === undefined) {
    notices.push('PGSSLMODE is not read; set DATABASE_SSL (disable, no-verify, verify-ca or verify-full).')
  }
  return { variables, notices, origins }
}
