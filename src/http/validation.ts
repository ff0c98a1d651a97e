import { Ajv, type ErrorObject, type FuncKeywordDefinition, type Options, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import { type FieldError, MAX_ERRORS } from '../errors.ts'
import { clean } from '../values/text.ts'
import { escapePointer } from './json-inspection.ts'
import { Closed, components } from './schema.ts'

/**
 * `x-clean: true`: the text is trimmed and brought to NFC where it stands, before its length counts. What is too long in any
 * form stays as it is, and fails: to order the marks of a long text takes a time that grows with the square of its length.
 */
const cleanKeyword: FuncKeywordDefinition = {
  keyword: 'x-clean',
  type: 'string',
  before: 'maxLength',
  modifying: true,
  errors: false,
  validate: (on: boolean, text: string, parent, context) => {
    // A character is two units of text at most.
    const isTooLong = text.trim().length > 2 * parent?.maxLength
    if (on && context && !isTooLong) context.parentData[context.parentDataProperty] = clean(text)
    return true
  },
}

/**
 * What every validator here starts from. The schemas themselves are validated by a test: at the start that would take
 * longer than everything else.
 */
const COMMON: Options = { strictTypes: false, verbose: true, discriminator: true, meta: false, validateSchema: false }

/** RFC 3339, section 5.6: between T and the offset with its colon. The format of the library lets both go. */
const DATE_TIME = /^[\d-]+T[\d:.]+(Z|[+-]\d\d:\d\d)$/i

function newAjv(options: Options): Ajv {
  const ajv = new Ajv({ ...COMMON, ...options })
  addFormats.default(ajv)
  const { validate } = ajv.formats['date-time'] as { validate: (text: string) => boolean }
  ajv.addFormat('date-time', (text: string) => DATE_TIME.test(text) && validate(text))
  ajv.addKeyword(cleanKeyword)
  for (const component of Object.values(components)) ajv.addSchema(component)
  return ajv
}

/** Makes an unknown parameter an error too where a route takes none at all. Call it before the routes are registered. */
export function registerStrictQueries(app: FastifyInstance): void {
  const none = Closed({})
  app.addHook('onRoute', (route) => {
    route.schema = { querystring: none, ...route.schema }
  })
}

/** Sizes are checked first, so that a huge body is not walked. */
const SIZES = new Set(['maxItems', 'maxLength', 'maxProperties'])

/**
 * The one validator of the service. Bodies are never coerced and report what is wrong, field by field; of parameters, which arrive
 * as text, integers and booleans are read. A schema is compiled when it is first needed, which keeps the start short.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const strict = once(() => newAjv({ useDefaults: true }))
  const everything = once(() => newAjv({ allErrors: true }))
  const lenient = once(() => newAjv({ useDefaults: true, allErrors: true }))
  return ({ schema, httpPart }) => {
    const check = once(() =>
      httpPart === 'body' ? compileBody(strict(), everything, schema) : compileRest(lenient(), schema),
    )
    return (data: Record<string, unknown>) => {
      const outcome = check()(data)
      return outcome === true ? true : { error: outcome }
    }
  }
}

/** What is made at the first call, and kept. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

interface ParametersSchema {
  properties?: Record<string, { type?: string }>
}

function compileRest(ajv: Ajv, schema: ParametersSchema) {
  const validate = ajv.compile(schema)
  const convert = Object.entries(schema.properties ?? {}).flatMap(([name, { type }]) =>
    type === 'integer' || type === 'boolean' ? [[name, type] as const] : [],
  )
  return (parameters: Record<string, unknown>) => {
    for (const [name, type] of convert) {
      const text = parameters[name]
      if (typeof text === 'string') parameters[name] = fromText(text, type)
    }
    return validate(parameters) || errorsOf(validate)
  }
}

/** Only the one way to write a value; ` 1`, `01` and `+1` stay text, and fail, as any other text does. */
function fromText(text: string, type: 'integer' | 'boolean'): unknown {
  if (type === 'integer') return /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : text
  return text === 'true' || text === 'false' ? text === 'true' : text
}

function compileBody(strict: Ajv, everything: () => Ajv, schema: object) {
  const first = strict.compile(schema)
  const compileAll = once(() => everything().compile(schema))
  return (data: unknown) => {
    if (first(data)) return true
    if (SIZES.has(first.errors?.[0]?.keyword ?? '')) return errorsOf(first)
    const all = compileAll()
    return all(data) ? errorsOf(first) : errorsOf(all)
  }
}

const errorsOf = (validate: ValidateFunction) => (validate.errors ?? []).slice(0, MAX_ERRORS)

/** The parts of a request, named as the API document names them. */
const PLACES: Record<string, string> = { querystring: 'query:', params: 'path:', headers: 'header:' }

/** Says each of Ajv's findings so that the caller knows the field and the way out. */
export function describeErrors(errors: ErrorObject[], part: string): FieldError[] {
  const base = PLACES[part] ?? '#'
  return errors.map((error) => {
    const { missingProperty, additionalProperty }: Record<string, string | undefined> = error.params
    const field = missingProperty ?? additionalProperty
    const pointer = `${base}${error.instancePath}${field === undefined ? '' : `/${escapePointer(field)}`}`
    return { pointer, detail: describe(error) }
  })
}

function describe(error: ErrorObject): string {
  const { parentSchema } = error
  const examples: unknown[] = parentSchema?.examples ?? []
  const values: unknown[] = parentSchema?.enum ?? []
  const properties: object = parentSchema?.properties ?? {}
  const example = examples.length > 0 ? `, for example ${JSON.stringify(examples[0])}` : ''
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownField(error.params.additionalProperty, Object.keys(properties))
    case 'required':
      return 'is required'
    case 'enum':
      return `must be one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'pattern':
      return `has a form that is not allowed${example}`
    case 'type':
      return `must be ${indefinite(String(error.params.type))}${error.data === null ? ', not null' : ''}${example}`
    case 'minProperties':
      return 'must name at least one field'
    case 'minLength':
      return error.params.limit === 1 ? 'must not be empty' : `must have at least ${error.params.limit} characters`
    case 'maxLength':
      return `must have at most ${error.params.limit} characters`
    case 'minItems':
      return `must have at least ${error.params.limit} item${error.params.limit === 1 ? '' : 's'}`
    case 'maxItems':
      return `must have at most ${error.params.limit} items`
    default:
      return `${error.message ?? 'is not valid'}${error.keyword === 'format' ? example : ''}`
  }
}

const indefinite = (type: string) => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`)

function unknownField(name: string, known: string[]): string {
  const near = known.find((candidate) => distance(candidate, name) <= 2)
  if (near) return `is not a known field; did you mean "${near}"?`
  return `is not a known field; ${known.length > 0 ? `known are ${known.join(', ')}` : 'there are none'}`
}

/** Edit distance in which two exchanged letters count once; names are short, so the plain table will do. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = exchanged ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(substitution, at(i - 1, j) + 1, at(i, j - 1) + 1, swap))
    }
  }
  return at(a.length, b.length)
}
