import { test } from 'tap'
import { buildTestApp } from '../support/app.ts'
import { exchange } from '../support/socket.ts'

const UUID = /^[0-9a-f-]{36}$/

test('an address that leads nowhere is a problem document', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite')
  for (const url of ['/nowhere', '/api/v1/nowhere', '/api/v2/categories', '/api/v1//categories']) {
    const response = await app.inject({ url })
    t.equal(response.statusCode, 404, url)
    t.match(response.json(), { code: 'route_not_found', instance: response.headers['x-request-id'] })
    t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
  }
})

test('another method is refused with the methods that are allowed', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite')
  const cases = [
    ['PUT', '/api/v1/categories/1', 'DELETE, GET, HEAD, PATCH'],
    ['POST', '/api/v1/categories/1', 'DELETE, GET, HEAD, PATCH'],
    ['DELETE', '/api/v1/categories', 'GET, HEAD, POST'],
    ['POST', '/health', 'GET, HEAD'],
    ['OPTIONS', '/api/v1/categories', 'GET, HEAD, POST'],
    ['TRACE', '/api/v1/categories?x=1', 'GET, HEAD, POST'],
  ] as const
  for (const [method, url, allow] of cases) {
    const response = await app.inject({ method: method as 'PUT', url })
    t.equal(response.statusCode, 405, `${method} ${url}`)
    t.equal(response.headers.allow, allow)
    t.equal(response.json().code, 'method_not_allowed')
  }
})

test('an address that is too long or not well formed', async (t) => {
  const { app, tokens } = await buildTestApp(t, 'sqlite')
  const headers = { authorization: `Bearer ${tokens.viewer}` }
  const long = await app.inject({ url: `/api/v1/categories?cursor=${'x'.repeat(8300)}`, headers })
  t.equal(long.statusCode, 414)
  t.equal(long.json().code, 'url_too_long')
  const part = await app.inject({ url: `/api/v1/categories/${'1'.repeat(400)}`, headers })
  t.equal(part.statusCode, 414)
  for (const url of ['/api/v1/categories/%', '/%E0%A4%A', '/api/v1/categories/%zz']) {
    const response = await app.inject({ url, headers })
    t.equal(response.statusCode, 400, url)
    t.match(response.json(), { code: 'invalid_url', instance: response.headers['x-request-id'] })
  }
  const huge = await app.inject({ url: '/api/v1/categories/99999999999999999999', headers })
  t.equal(huge.statusCode, 400)
  t.match(huge.json(), { code: 'invalid_parameter', errors: [{ pointer: 'path:/category_id' }] })
})

test('an id and a number have one way to be written', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  t.equal((await call('GET', '/users/1')).statusCode, 200)
  for (const id of ['%201', '1%20', '01', '+1', '-0', '1.0', '1e0', '0x1', '%D9%A1', 'true', '']) {
    const answer = await call('GET', `/users/${id}`)
    t.ok([400, 404].includes(answer.statusCode), `${id}: ${answer.statusCode}`)
    t.equal((await call('GET', `/categories?limit=${id}`)).statusCode, 400, `limit=${id}`)
  }
  for (const flag of ['1', '0', 'TRUE', 'yes', '']) {
    t.equal((await call('GET', `/categories?include_total=${flag}`)).statusCode, 400, `include_total=${flag}`)
  }
  t.equal((await call('GET', '/categories?limit=1&include_total=true')).json().total, 0)
})

test('every operation refuses a query parameter that it does not know', async (t) => {
  const { app, call } = await buildTestApp(t, 'sqlite')
  const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, object>> }
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    path.startsWith('/api/v1') ? Object.entries(item).map(([method, operation]) => ({ method, path, operation })) : [],
  )
  t.ok(operations.length > 40)
  for (const { method, path, operation } of operations) {
    // A body is looked at first.
    if ('requestBody' in operation) continue
    const url = path.slice('/api/v1'.length).replaceAll(/\{[^}]+\}/g, '1')
    const answer = await call(method.toUpperCase() as 'GET', `${url}?zzzz=1`)
    t.equal(answer.statusCode, 400, `${method} ${path}`)
    const pointers = answer.json().errors.map(({ pointer }: { pointer: string }) => pointer)
    t.ok(pointers.includes('query:/zzzz'), `${method} ${path} names ${pointers}`)
  }
  const answer = await call('POST', '/categories?zzzz=1', { body: { name: 'x' } })
  t.match(answer.json(), { status: 400, errors: [{ pointer: 'query:/zzzz', detail: /there are none/ }] })
  t.same((await call('GET', '/categories')).json().data, [])
})

test('an unknown query parameter is an error, and near ones are named', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const response = await call('GET', '/categories?limt=5')
  t.equal(response.statusCode, 400)
  t.match(response.json(), { code: 'invalid_parameter', errors: [{ pointer: 'query:/limt', detail: /"limit"/ }] })
  for (const query of ['limit=0', 'limit=-1', 'limit=1e9', 'limit=abc', 'limit=', 'limit=5&limit=6', 'sort=secret']) {
    t.equal((await call('GET', `/categories?${query}`)).statusCode, 400, query)
  }
})

test('HEAD answers like GET, without a body', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  await call('POST', '/categories', { body: { name: 'Una' } })
  const get = await call('GET', '/categories/1')
  const head = await call('HEAD', '/categories/1')
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  t.equal(head.headers.etag, get.headers.etag)
  t.equal(head.headers['content-length'], String(Buffer.byteLength(get.body)))
  t.equal((await call('HEAD', '/categories/1', { as: 'nobody' })).statusCode, 401)
})

test('a header that is sent twice confuses nobody', async (t) => {
  const { app, tokens } = await buildTestApp(t, 'sqlite')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const request = (lines: string[]) => exchange(app.server.address(), `${lines.join('\r\n')}\r\n\r\n`)
  const get = 'GET /api/v1/categories HTTP/1.1'
  const end = ['Host: x', 'Connection: close']
  const token = `Authorization: Bearer ${tokens.viewer}`
  t.match(await request([get, ...end, token, 'Authorization: Bearer nonsense']), /^HTTP\/1.1 (200|401) /)
  t.match(await request([get, ...end, token, 'Content-Length: 0', 'Content-Length: 5']), /^HTTP\/1.1 400 /)
})

test('what is no HTTP, or not as it has to be, is answered with a problem document', async (t) => {
  const { app, tokens } = await buildTestApp(t, 'sqlite')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const authorization = `Authorization: Bearer ${tokens.admin}\r\nContent-Type: application/json`
  app.server.requestTimeout = 300
  app.server.headersTimeout = 300
  const cases = [
    ['nonsense\r\n\r\n', 400, 'invalid_request'],
    ['GET / HTTP/9.9\r\n\r\n', 400, 'invalid_request'],
    ['GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
    ['GET /health HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
    ['GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
    ['POST /health HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 2\r\n\r\n', 417, 'expectation_failed'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    [
      `POST /api/v1/categories HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Length: 10\r\n\r\n{"na`,
      408,
      'request_timeout',
    ],
  ] as const
  for (const [text, status, code] of cases) {
    const answer = await exchange(app.server.address(), text)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} \\w`), code)
    t.match(head, /\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/i)
    t.match(JSON.parse(body), { code, status, instance: UUID })
    t.match(head, JSON.parse(body).instance)
  }
})

test('a client of before, without Host, and one that waits for 100 are served', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const answers = (text: string) => exchange(app.server.address(), text)
  t.match(await answers('GET /health HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /)
  const waits = 'GET /health HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nConnection: close\r\n\r\n'
  t.match(await answers(waits), /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
})
