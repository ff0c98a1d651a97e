import { Ajv } from 'ajv'
import { modernise, type RawEnvironment } from './legacy.ts'
import type { Problems } from './problems.ts'
import { Environment } from './schema.ts'

/** What this file asks of a variable's schema. */
interface Rule {
  type: 'string' | 'integer' | 'boolean'
  enum?: string[]
  minimum?: number
  maximum?: number
  maxLength?: number
  expects?: string
  default?: unknown
  secret?: true
}

const RULES = Environment.properties as unknown as Record<string, Rule>

// The schema is our own: to validate it at every start would take longer than all the rest of the configuration.
const ajv = new Ajv({ allErrors: true, useDefaults: true, meta: false, validateSchema: false })
ajv.addVocabulary(['secret', 'example', 'expects'])
const validate = ajv.compile(Environment)

export interface Variables {
  values: Environment
  /** Names that were set, by their new or their old name. */
  given: Set<string>
  notices: string[]
}

/**
 * Checks every variable against the schema; what is wrong goes to `problems`, and its variable is left out.
 * White space around a value is dropped, and an empty value is an unset one: compose files and dashboards cannot unset.
 */
export function readVariables(env: RawEnvironment, problems: Problems): Variables {
  const trimmed: RawEnvironment = {}
  for (const [name, value] of Object.entries(env)) {
    const text = value?.trim()
    // A password is taken as it is, and refused with a reason when white space clings to it.
    if (text) trimmed[name] = name === 'ADMIN_PASSWORD' ? value : text
  }
  const { variables, notices, origins } = modernise(trimmed)
  for (const [name, origin] of origins) problems.rename(name, origin)

  const values: Record<string, unknown> = {}
  const given = new Set<string>()
  for (const [name, rule] of Object.entries(RULES)) {
    const text = variables[name]
    if (text === undefined) continue
    given.add(name)
    values[name] = convert(text, rule)
  }
  if (!validate(values)) reportAll(values, problems)
  return { values: values as Environment, given, notices }
}

/** Stricter than Ajv's coercion, which takes `0x50` and `5e3` for a port. What does not convert stays text, and fails. */
function convert(text: string, rule: Rule): unknown {
  if (rule.type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text
  if (rule.type !== 'boolean') return text
  if (/^(true|1|yes|on)$/i.test(text)) return true
  return /^(false|0|no|off)$/i.test(text) ? false : text
}

function reportAll(values: Record<string, unknown>, problems: Problems): void {
  for (const name of new Set(validate.errors?.map((error) => error.instancePath.slice(1)))) {
    const rule = RULES[name]
    if (rule === undefined) continue
    problems.add(name, describe(rule), rule.secret ? undefined : values[name])
    if (rule.default === undefined) delete values[name]
    else values[name] = rule.default
  }
}

function describe(rule: Rule): string {
  if (rule.expects) return `must be ${rule.expects}`
  if (rule.enum) return `must be one of ${rule.enum.join(', ')}`
  if (rule.type === 'boolean') return 'must be true or false'
  if (rule.type === 'integer') return `must be a whole number from ${rule.minimum} to ${rule.maximum}`
  return `must not be longer than ${rule.maxLength} characters`
}
