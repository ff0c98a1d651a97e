import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { LightMyRequestResponse } from 'fastify'

// biome-ignore lint/suspicious/noExplicitAny: the document is data of many shapes.
type Node = any

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
/** Answered by the framework on any operation, so they are documented once, as `default`. */
const BY_DEFAULT = new Set([405, 408, 413, 414, 415, 500])

export interface DocumentedOperation {
  method: string
  path: string
  operation: Node
}

/** An API document, and what it says about answers. */
export class Contract {
  readonly document: Node
  readonly operations: DocumentedOperation[]
  readonly #ajv: Ajv
  readonly #validators = new Map<string, ValidateFunction>()

  constructor(json: string) {
    this.document = JSON.parse(json)
    this.operations = Object.entries<Node>(this.document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })),
    )
    this.#ajv = new Ajv({ strict: false, allErrors: true })
    addFormats.default(this.#ajv)
    this.#ajv.addSchema({ $id: 'document', ...toDraft07(this.document) })
  }

  /** Follows a reference into the document. */
  resolve(node: Node): Node {
    if (node?.$ref === undefined) return node
    const path: string[] = node.$ref.slice(2).split('/')
    return path.reduce((at: Node, key) => at[key], this.document)
  }

  /** Validates a value against a schema of the document; answers what is wrong with it. */
  errorsOf(schema: Node, value: unknown): string | undefined {
    const key = JSON.stringify(schema)
    const text = key.replaceAll('"#/components', '"document#/components')
    const validate = this.#validators.get(key) ?? this.#ajv.compile(toDraft07(JSON.parse(text)))
    this.#validators.set(key, validate)
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors)
  }

  find(method: string, url: string): DocumentedOperation | undefined {
    const path = url.split('?', 1)[0] as string
    return this.operations
      .filter((one) => one.method === method.toLowerCase() && patternOf(one.path).test(path))
      .sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')))[0]
  }

  /** Fails unless the answer is one that the document declares. */
  check(method: string, url: string, response: LightMyRequestResponse): void {
    const found = this.find(method, url)
    if (found === undefined) return
    const { statusCode, body } = response
    const where = `${method} ${url}: ${statusCode} ${body.slice(0, 500)}`
    const { responses } = found.operation
    const declared = responses[statusCode] ?? (BY_DEFAULT.has(statusCode) ? responses.default : undefined)
    assert(declared, `not a declared status: ${where}`)
    const { content = {} } = this.resolve(declared)
    const type = String(response.headers['content-type'] ?? '').split(';', 1)[0] as string
    if (body === '') {
      assert.deepEqual(Object.keys(content), [], `a body is declared: ${where}`)
      return
    }
    assert(content[type], `not a declared media type: ${type}: ${where}`)
    if (!type.endsWith('json')) return
    const errors = this.errorsOf(content[type].schema, JSON.parse(body))
    assert.equal(errors, undefined, `not as declared: ${errors}: ${where}`)
  }
}

const patternOf = (path: string) => new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)

/** What OpenAPI 3.0 says with a boolean, draft 7 says with a number. */
function toDraft07(node: Node): Node {
  if (Array.isArray(node)) return node.map(toDraft07)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, toDraft07(value)]))
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (copy[exclusive] === true) {
      copy[exclusive] = copy[limit]
      delete copy[limit]
    } else if (copy[exclusive] === false) delete copy[exclusive]
  }
  return copy
}

let committed: Contract | undefined

/**
 * The contract as it is committed, read once. Making it of the routes would cost every test process half a second;
 * test/contract/document.test.ts holds the two together.
 */
export function committedContract(): Contract {
  committed ??= new Contract(readFileSync(join(import.meta.dirname, '../../openapi/openapi.json'), 'utf8'))
  return committed
}
