import Fastify from 'fastify'
import { type Test, test } from 'tap'
import { registerGuard } from '../../src/http/auth.ts'
import { buildTestApp } from '../support/app.ts'
import { Contract, committedContract } from '../support/contract.ts'

// biome-ignore lint/suspicious/noExplicitAny: the document is data of many shapes.
type Node = any

const contract = async (t: Test) => {
  const { app } = await buildTestApp(t, 'sqlite')
  return { app, contract: new Contract((await app.openApi()).json) }
}

test('the committed document is the one that is served', async (t) => {
  const { contract: read } = await contract(t)
  t.strictSame(read.document, committedContract().document, 'npm run openapi writes it anew')
})

test('every operation says what it is, who may use it and how it can fail', async (t) => {
  const { contract: read } = await contract(t)
  const tags = new Set(read.document.tags.map((tag: Node) => tag.name))
  const ids = new Set<string>()
  t.ok(read.operations.length > 5)
  for (const { method, path, operation } of read.operations) {
    const name = `${method} ${path}`
    t.match(operation.operationId, /^[a-z][a-zA-Z0-9]{2,60}$/, name)
    t.notOk(ids.has(operation.operationId), `${name}: its operationId is its own`)
    ids.add(operation.operationId)
    t.ok(operation.summary && operation.description, name)
    t.notMatch(operation.summary, /\.$/, name)
    t.equal(operation.tags.length, 1, name)
    t.ok(tags.has(operation.tags[0]), name)
    const isPublic = operation.security?.length === 0
    t.not(isPublic, 'x-permission' in operation, `${name}: open to everybody, or to those with a permission`)
    const wanted = ['default', '400', ...(isPublic ? [] : ['401', '403', '429', '503'])]
    if (operation.requestBody) wanted.push('413', '415', '422')
    if (path.includes('{')) wanted.push('404')
    if (operation.parameters?.some((parameter: Node) => parameter.name === 'If-Match')) wanted.push('412')
    t.strictSame(
      wanted.filter((status) => !(status in operation.responses)),
      [],
      name,
    )
  }
})

test('POSTs take an Idempotency-Key, single resources an ETag', async (t) => {
  const { contract: read } = await contract(t)
  const has = (operation: Node, name: string) =>
    operation.parameters?.some((parameter: Node) => parameter.name === name)
  for (const { method, path, operation } of read.operations) {
    const name = `${method} ${path}`
    if (method === 'post' && operation['x-permission']) t.ok(has(operation, 'Idempotency-Key'), name)
    if (method === 'get' && /\{\w+\}$/.test(path)) {
      t.ok(has(operation, 'If-None-Match') && operation.responses[304], name)
      t.ok(read.resolve(operation.responses[200]).headers.ETag, name)
    }
    if (['patch', 'delete'].includes(method) && /\{\w+\}$/.test(path)) t.ok(has(operation, 'If-Match'), name)
  }
})

test('the document has the routes, and nothing else', async (t) => {
  const { app, contract: read } = await contract(t)
  const documented = new Set(read.operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`))
  for (const { method, path } of read.operations) {
    const url = path.replaceAll(/\{(\w+)\}/g, ':$1')
    t.ok(app.hasRoute({ method: method.toUpperCase(), url }), `${method} ${path}`)
  }
  const hidden = /^(\/openapi\.|\/docs|\/swagger-ui$|\/api-spec\.json$|\*|\/\*)/
  const routes = routesOf(app.printRoutes({ commonPrefix: false, includeHooks: false }))
  t.ok(routes.length > 5)
  for (const { method, url } of routes) {
    if (method === 'HEAD' || method === 'OPTIONS' || hidden.test(url)) continue
    const path = url.replaceAll(/:(\w+)/g, '{$1}')
    t.ok(documented.has(`${method} ${path}`), `${method} ${path} is documented`)
  }
})

/** Reads Fastify's drawing of its routes. */
function routesOf(drawing: string): { method: string; url: string }[] {
  const found: { method: string; url: string }[] = []
  const parents: string[] = []
  for (const line of drawing.split('\n')) {
    const match = /^((?:[│ ] {3})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/u.exec(line)
    if (!match) continue
    const [, indent = '', part = '', methods] = match
    const depth = indent.length / 4
    parents.length = depth
    parents[depth] = part
    const url = parents.join('')
    for (const method of methods?.split(', ') ?? []) found.push({ method, url })
  }
  return found
}

test('every example fits its schema', async (t) => {
  const { contract: read } = await contract(t)
  let examples = 0
  const visit = (node: Node, at: string) => {
    if (typeof node !== 'object' || node === null) return
    const schema = node.schema ?? node
    if (node.example !== undefined && (schema.type || schema.$ref)) {
      examples += 1
      t.equal(read.errorsOf(schema, node.example), undefined, `${at}: ${JSON.stringify(node.example)}`)
    }
    for (const [key, value] of Object.entries(node)) if (key !== 'example') visit(value, `${at}/${key}`)
  }
  visit(read.document.components, '#/components')
  visit(read.document.paths, '#/paths')
  t.ok(examples > 30)
})

test('a body made of the examples is accepted by its schema', async (t) => {
  const { contract: read } = await contract(t)
  for (const { method, path, operation } of read.operations) {
    for (const { schema } of Object.values<Node>(operation.requestBody?.content ?? {})) {
      const body = exampleOf(read, schema)
      t.equal(read.errorsOf(schema, body), undefined, `${method} ${path}: ${JSON.stringify(body)}`)
    }
  }
})

/** What Swagger UI fills in: the example, or one put together from those of the parts. */
function exampleOf(read: Contract, node: Node): Node {
  const schema = read.resolve(node)
  if (schema.example !== undefined) return schema.example
  if (schema.default !== undefined) return schema.default
  if (schema.oneOf) return exampleOf(read, schema.oneOf[0])
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part: Node) => exampleOf(read, part)))
  if (schema.enum) return schema.enum[0]
  if (schema.type === 'array') return [exampleOf(read, schema.items)]
  if (schema.type !== 'object') return schema.type === 'string' ? 'string' : schema.type === 'boolean' ? true : 0
  const entries = Object.entries<Node>(schema.properties ?? {})
  return Object.fromEntries(entries.map(([name, property]) => [name, exampleOf(read, property)]))
}

test('a route that does not say who may use it does not start', async (t) => {
  const limit = async () => {}
  const start = async (schema: object) => {
    const app = Fastify()
    t.teardown(() => app.close())
    registerGuard(app, { credentials: [], limit })
    app.get('/shelves', { schema }, async () => 'x')
    await app.ready()
  }
  for (const schema of [
    {},
    { 'x-permission': 'no:such' },
    { security: [], 'x-permission': 'stock:read' },
    { security: [{ bearerAuth: [] }] },
  ]) {
    await t.rejects(start(schema), /GET \/shelves names no x-permission/, JSON.stringify(schema))
  }
  await t.resolves(start({ 'x-permission': 'stock:read' }))
  await t.resolves(start({ security: [] }))
})
