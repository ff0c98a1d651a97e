import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Test, test } from 'tap'

const SCRIPT = join(import.meta.dirname, '../../scripts/dev/check-openapi.ts')

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
})

const seconds = { description: 'Seconds.', schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 86400 } }

const GET_SHELF = {
  operationId: 'getShelf',
  summary: 'One shelf',
  description: 'One shelf.',
  tags: ['Shelves'],
  'x-permission': 'shelf:read',
  responses: {
    200: {
      description: 'The shelf.',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Shelf' } } },
    },
    400: problem('Wrong.'),
    401: problem('Not authenticated.'),
    429: { ...problem('Too many.'), headers: { 'Retry-After': seconds } },
    default: problem('Unexpected.'),
  },
}

const SHELF = {
  type: 'object',
  description: 'A shelf.',
  properties: { code: { type: 'string', description: 'Code.', maxLength: 20, example: 'A' } },
}

const PROBLEM = {
  type: 'object',
  description: 'A problem (RFC 9457).',
  required: ['type', 'title'],
  properties: {
    type: { type: 'string', description: 'Type.', example: '/problems/shelf-not-found' },
    title: { type: 'string', description: 'Title.', example: 'No such shelf' },
  },
}

/** The smallest document without findings, changed here and there. */
const document = (changes: { version?: string; pattern?: string; operation?: object; shelf?: object } = {}) => ({
  openapi: changes.version ?? '3.0.2',
  info: {
    title: 'Shelves',
    version: '1.0.0',
    description: 'A small document.',
    license: { name: 'MIT', url: 'https://example.org/license' },
    contact: { name: 'Shelves', url: 'https://example.org' },
  },
  servers: [{ url: '/' }],
  tags: [{ name: 'Shelves', description: 'Shelves.' }],
  security: [{ bearerAuth: [] }],
  paths: {
    '/shelves/{shelf_code}': {
      get: { ...GET_SHELF, parameters: [shelfCode(changes.pattern ?? '^[A-Z]{1,20}$')], ...changes.operation },
    },
  },
  components: {
    securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: { Shelf: { ...SHELF, ...changes.shelf }, Problem: PROBLEM },
  },
})

function shelfCode(pattern: string) {
  const schema = { type: 'string', maxLength: 20, pattern, example: 'A' }
  return { name: 'shelf_code', in: 'path', required: true, description: 'Shelf.', schema }
}

function check(t: Test, content: unknown) {
  const folder = t.testdir({ 'openapi.json': JSON.stringify(content) })
  const result = spawnSync(process.execPath, [SCRIPT, join(folder, 'openapi.json')], { encoding: 'utf8' })
  return { status: result.status, output: result.stdout + result.stderr }
}

test('a good document has no findings, and nothing else is printed', async (t) => {
  const { status, output } = check(t, document())
  t.equal(status, 0)
  t.match(output, /^\S+openapi\.json: no findings\n$/)
})

test('each of the four checks has its say', async (t) => {
  const { status, output } = check(
    t,
    document({ version: '3.0.3', pattern: '^(A+)+$', operation: { surprise: true }, shelf: { maxItems: 'many' } }),
  )
  t.equal(status, 1)
  t.match(output, 'OpenAPI schema: ', 'the schema of OpenAPI')
  t.match(output, 'rule/openapi-version', 'redocly')
  t.match(output, 'inv-openapi-302', 'spectral')
  t.match(output, 'pattern ^(A+)+$ is vulnerable', 'recheck')
})

test('a warning fails too', async (t) => {
  const { status, output } = check(t, document({ operation: { 'x-permission': undefined } }))
  t.equal(status, 1)
  t.match(output, /warning\s+inv-permission/)
})

test('a document that is not there is a finding', async (t) => {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, 'nowhere.json'], { encoding: 'utf8' })
  t.equal(status, 1)
  t.match(stderr, 'nowhere.json cannot be read')
})
