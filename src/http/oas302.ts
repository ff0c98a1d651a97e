/**
 * The last pass over the document: what JSON Schema says and OpenAPI 3.0.2 says otherwise is rewritten, and what 3.0
 * cannot say stops the start.
 *
 * @see https://spec.openapis.org/oas/v3.0.2#schema-object
 */
// biome-ignore lint/suspicious/noExplicitAny: a document is walked whose shape is the question.
type Node = any

const FORBIDDEN = [
  '$id', '$schema', '$defs', 'definitions', 'const', 'if', 'then', 'else', 'contains', 'minContains', 'maxContains',
  'propertyNames', 'patternProperties', 'dependencies', 'dependentRequired', 'dependentSchemas', 'unevaluatedProperties',
  'unevaluatedItems', 'additionalItems', 'prefixItems', 'contentMediaType', '$comment',
] // biome-ignore format: a list of keywords reads best in rows

function rewriteSchema(schema: Node, at: string): Node {
  if (typeof schema !== 'object' || schema === null) return schema
  if (schema.$ref) {
    if (!schema.$ref.startsWith('#/components/')) throw new Error(`${at}: unresolved reference ${schema.$ref}`)
    return schema
  }
  rewriteParts(schema, at)
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'number') continue
    schema[limit] = schema[exclusive]
    schema[exclusive] = true
  }
  if (Array.isArray(schema.examples)) {
    schema.example ??= schema.examples[0]
    delete schema.examples
  }
  delete schema['x-clean']
  for (const keyword of FORBIDDEN) if (keyword in schema) throw new Error(`${at}: "${keyword}" has no OpenAPI 3.0 form`)
  if (Array.isArray(schema.type) || schema.type === 'null')
    throw new Error(`${at}: type must be one string and not null`)
  return schema
}

function rewriteParts(schema: Node, at: string): void {
  for (const name of Object.keys(schema.properties ?? {})) {
    schema.properties[name] = rewriteSchema(schema.properties[name], `${at}.${name}`)
  }
  if (Array.isArray(schema.items)) throw new Error(`${at}: a tuple has no OpenAPI 3.0 form; use an object`)
  for (const key of ['items', 'additionalProperties', 'not'])
    if (schema[key]) schema[key] = rewriteSchema(schema[key], `${at}/${key}`)
  for (const key of ['allOf', 'anyOf', 'oneOf']) {
    if (schema[key])
      schema[key] = schema[key].map((member: Node, index: number) => rewriteSchema(member, `${at}/${key}/${index}`))
  }
}

function rewriteContent(content: Node, at: string): void {
  for (const [type, media] of Object.entries<Node>(content ?? {})) {
    if (media.schema) media.schema = rewriteSchema(media.schema, `${at} ${type}`)
  }
}

function rewriteParameter(parameter: Node, at: string): void {
  parameter.schema = rewriteSchema(parameter.schema, `${at} ?${parameter.name}`)
  if (parameter.schema?.example !== undefined) {
    parameter.example = parameter.schema.example
    delete parameter.schema.example
  }
  // TypeBox counts a field with a default as required.
  if (parameter.schema?.default !== undefined) parameter.required = false
  if (parameter.in === 'header')
    parameter.name = parameter.name.replace(/(^|-)[a-z]/g, (letter: string) => letter.toUpperCase())
}

function rewriteOperation(operation: Node, at: string): void {
  for (const parameter of operation.parameters ?? []) rewriteParameter(parameter, at)
  rewriteContent(operation.requestBody?.content, at)
  for (const [code, response] of Object.entries<Node>(operation.responses)) {
    if (/xx$/i.test(code)) throw new Error(`${at}: ${code}: name the status codes one by one`)
    rewriteContent(response.content, `${at} ${code}`)
    for (const header of Object.values<Node>(response.headers ?? {}))
      header.schema = rewriteSchema(header.schema, `${at} ${code} header`)
  }
}

const RESPONSES: Record<string, string> = {
  400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict', 412: 'PreconditionFailed',
  413: 'ContentTooLarge', 415: 'UnsupportedMediaType', 422: 'ValidationFailed', 429: 'TooManyRequests', 503: 'Unavailable', default: 'Unexpected',
} // biome-ignore format: a table reads best in rows

/** Problem responses that repeat word for word become shared components. */
function shareResponses(document: Node): void {
  document.components.responses ??= {}
  for (const item of Object.values<Node>(document.paths)) {
    for (const operation of Object.values<Node>(item)) {
      for (const [code, response] of Object.entries<Node>(operation.responses)) {
        const name = RESPONSES[code]
        if (name === undefined || response.$ref) continue
        document.components.responses[name] ??= response
        const shared = document.components.responses[name]
        if (JSON.stringify(shared) === JSON.stringify(response))
          operation.responses[code] = { $ref: `#/components/responses/${name}` }
      }
    }
  }
}

function refuseDangling(document: Node): void {
  for (const reference of new Set(JSON.stringify(document).match(/#\/components\/\w+\/[\w.-]+/g))) {
    const target = reference
      .slice(2)
      .split('/')
      .reduce((node: Node, key) => node?.[key], document)
    if (!target) throw new Error(`dangling reference ${reference}`)
  }
}

/** Components nobody refers to are left out. */
function dropUnused(document: Node): void {
  for (;;) {
    const text = JSON.stringify(document)
    const unused = Object.keys(document.components.schemas).filter(
      (name) => !text.includes(`"#/components/schemas/${name}"`),
    )
    if (unused.length === 0) return
    for (const name of unused) delete document.components.schemas[name]
  }
}

/** Rewrites the document in place. */
export function toOpenApi302(document: Node): Node {
  if (document.openapi !== '3.0.2') throw new Error(`openapi is ${document.openapi}`)
  const { schemas } = document.components
  for (const name of Object.keys(schemas)) schemas[name] = rewriteSchema(schemas[name], name)
  for (const [path, item] of Object.entries<Node>(document.paths)) {
    for (const [method, operation] of Object.entries<Node>(item))
      rewriteOperation(operation, `${method.toUpperCase()} ${path}`)
  }
  shareResponses(document)
  refuseDangling(document)
  dropUnused(document)
  return document
}
