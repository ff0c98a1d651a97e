import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'

/**
 * TypeBox helpers for schemas that validate, type and document at once. What they emit has a form in
 * OpenAPI 3.0.2 that linters and client generators agree on.
 */

/** Every named schema; all of them are registered at the root of the application. */
export const components: Record<string, TSchema> = {}

/** Names a schema: a component of the document, referred to by `Ref`. */
export function Component<T extends TSchema>(name: string, schema: T): T {
  if (components[name]) throw new Error(`duplicate component ${name}`)
  const named = { ...schema, $id: name }
  components[name] = named
  return named
}

export function Ref<T extends TSchema>({ $id }: T) {
  if ($id === undefined) throw new Error('Ref needs a component')
  return Type.Unsafe<Static<T>>({ $ref: $id })
}

/** Request objects: an unknown field is an error. */
export const Closed = <P extends TProperties>(properties: P, options: object = {}) =>
  Type.Object(properties, { ...options, additionalProperties: false })

/** One `enum` list; a union of literals would become an `anyOf` of one-value enums. */
export const StringEnum = <const V extends readonly string[]>(values: V, options: object = {}) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options })

/** Value or null. A union with null would turn null into '' or 0 where values are coerced. */
export function Nullable<T extends TSchema>(schema: T) {
  if (!schema.type) throw new Error('Nullable needs a schema with a type')
  const values: unknown[] | undefined = schema.enum
  return Type.Unsafe<Static<T> | null>({ ...schema, ...(values ? { enum: [...values, null] } : {}), nullable: true })
}

/** A merge-patch body: every field may be absent, none has a default, one is there. */
export function PatchOf<P extends TProperties>(object: TObject<P>) {
  const properties: TProperties = {}
  for (const [key, { default: _dropped, ...rest }] of Object.entries(object.properties)) {
    properties[key] = Type.Optional(rest)
  }
  return Type.Unsafe<Partial<Static<TObject<P>>>>(
    Type.Object(properties, { additionalProperties: false, minProperties: 1 }),
  )
}

/** The longest cursor there can be: a name of 100 characters, each of which its key spells out in 33 bytes, in base64. */
export const MAX_CURSOR = 5000

/** A list in one page: `data` and the way to the next. */
export function PageOf<T extends TSchema>(name: string, item: T) {
  return Component(
    name,
    Type.Object({
      data: Type.Array(Ref(item), { maxItems: 100, description: 'The rows of this page.' }),
      next_cursor: Nullable(
        Type.String({ maxLength: MAX_CURSOR, description: 'Give it as `cursor` for the next page; null on the last.' }),
      ),
      total: Type.Optional(
        Type.Integer({
          format: 'int64',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'All rows that match, with `include_total=true`.',
        }),
      ),
    }),
  )
}

export const DateTime = (options: object = {}) =>
  Type.Unsafe<string>({
    type: 'string',
    format: 'date-time',
    maxLength: 35,
    examples: ['2026-01-31T12:00:00.000Z'],
    ...options,
  })

export const Id = (options: object = {}) =>
  Type.Integer({ format: 'int64', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1], ...options })

export const Count = (options: object = {}) =>
  Type.Integer({ format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, examples: [1], ...options })

/** The number that goes up with every change of a resource, and is its ETag. */
export const Version = () => Count({ minimum: 1, description: 'Goes up with every change; the number in the ETag.' })

/** Units; at most three decimals. No `multipleOf`, which refuses right values: decimals are checked on the decimal text. */
export const Quantity = (options: object = {}) =>
  Type.Number({ minimum: 0, maximum: 1_000_000_000, examples: [5], ...options })

/** An amount that is not negative: decimal text, at most 8 digits before and 4 after the point. */
export const Money = (options: object = {}) =>
  Type.String({ pattern: '^(0|[1-9][0-9]{0,7})(\\.[0-9]{1,4})?$', maxLength: 13, examples: ['19.99'], ...options })

/** A sum of money in an answer. */
export const Amount = (options: object = {}) => Type.String({ maxLength: 20, examples: ['99.95'], ...options })

/**
 * Text of a request: white space around it is dropped and it is brought to NFC before it is measured.
 * Control characters are refused; `lines` allows line breaks and tabs.
 */
export function Text(options: { maxLength: number; minLength?: number; lines?: boolean } & Record<string, unknown>) {
  const { lines, ...rest } = options
  const pattern = lines ? '^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F]*$' : '^[^\\u0000-\\u001F\\u007F]*$'
  return Type.String({ 'x-clean': true, pattern, ...rest })
}
