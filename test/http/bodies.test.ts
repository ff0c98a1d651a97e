import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import { buildTestApp, onEveryEngine } from '../support/app.ts'

test('what is no JSON is refused before any handler, with a problem document', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const bodies: Record<string, string | Buffer> = {
    'cut off': '{"name":"x"',
    'single quotes': "{'name':'x'}",
    NaN: '{"name":NaN}',
    'a trailing comma': '{"name":"x",}',
    'a comment': '{"name":"x"} // yes',
    'two documents': '{"name":"x"}{"name":"y"}',
    nothing: '',
    'Latin-1': Buffer.from('{"name":"Peña"}', 'latin1'),
    'UTF-16': Buffer.from('{"name":"x"}', 'utf16le'),
  }
  for (const [name, body] of Object.entries(bodies)) {
    const response = await call('POST', '/categories', { body })
    t.equal(response.statusCode, 400, name)
    t.equal(response.json().code, 'invalid_json', name)
    t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
    t.equal(response.json().instance, response.headers['x-request-id'])
  }
  t.same((await call('GET', '/categories')).json().data, [])
})

test('a body that is JSON and no object names what is wrong', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  for (const body of ['null', '[]', '"x"', '1', 'true', '[{"name":"x"}]']) {
    const response = await call('POST', '/categories', { body })
    t.equal(response.statusCode, 422, body)
    t.match(response.json().errors, [{ pointer: '#', detail: /^must be an object/ }])
  }
})

const ODD_TYPES = [
  'text/plain',
  'text/json',
  'text/html; charset=utf-8',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'application/jsonx',
  'application/json5',
  'application/problem+json',
  'application/vnd.api+json',
  'application/json-patch+json',
  'application/json/x',
  'application',
  'json',
  '*/*',
  'application/json; charset=utf-16',
  'application/json;charset=iso-8859-1',
  'application/json, text/plain',
]

test('no odd content type reaches a handler', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  for (const type of ODD_TYPES) {
    const response = await call('POST', '/categories', { body: { name: type }, headers: { 'content-type': type } })
    t.equal(response.statusCode, 415, type)
    t.equal(response.json().code, 'unsupported_media_type', type)
  }
  t.same((await call('GET', '/categories')).json().data, [])
})

test('JSON is read under every spelling of its name', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  for (const type of ['APPLICATION/JSON', 'application/json;charset=UTF-8', 'application/merge-patch+json']) {
    const response = await call('POST', '/categories', { body: { name: type }, headers: { 'content-type': type } })
    t.equal(response.statusCode, 201, type)
  }
})

test('a body without a content type is refused', async (t) => {
  const { app, tokens } = await buildTestApp(t, 'sqlite')
  const headers = { authorization: `Bearer ${tokens.admin}` }
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/categories',
    headers,
    payload: Buffer.from('{"name":"x"}'),
  })
  t.equal(response.statusCode, 415)
})

test('a body is read up to 256 KiB', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const sized = (bytes: number) => `{"name":"${'x'.repeat(bytes - 11)}"}`
  const fits = await call('POST', '/categories', { body: sized(262_144) })
  t.equal(fits.statusCode, 422)
  t.match(fits.json().errors, [{ pointer: '#/name' }])
  t.ok(fits.body.length < 1000, 'the answer does not repeat what was sent')
  const over = await call('POST', '/categories', { body: sized(262_145) })
  t.equal(over.statusCode, 413)
  t.equal(over.json().code, 'body_too_large')
})

onEveryEngine('a number is kept as it was written, or refused by name', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const send = (number: string) =>
    call('POST', '/movements', { body: `{"type":"receipt","lines":[{"product_id":1,"quantity":${number}}]}` })
  for (const number of [
    '9007199254740993',
    '0.1000000000000000055',
    '1e400',
    '-1e400',
    '1e-400',
    '100000000000000000000001',
    '0.30000000000000004440892098500626',
    `1${'0'.repeat(20)}.5`,
  ]) {
    // biome-ignore format: a list of numbers reads best in rows
    const response = await send(number)
    t.equal(response.statusCode, 422, number)
    t.match(response.json().errors, [{ pointer: '#/lines/0/quantity', detail: /more digits/ }], number)
  }
  for (const number of ['1e21', '1e-7', '-1', '2147483648', '1000000000.001', '0.0001', '1E5000']) {
    const response = await send(number)
    t.ok([404, 422].includes(response.statusCode), `${number}: ${response.statusCode}`)
    t.not(response.statusCode, 500)
  }
  for (const word of ['NaN', 'Infinity', '+5', '.5', '05', '5.', '0x5', '١٢']) {
    t.equal((await send(word)).json().code, 'invalid_json', word)
  }
  for (const text of ['"5"', '" 5 "', 'true', 'null', '[5]', '{}']) {
    t.match((await send(text)).json().errors, [{ pointer: '#/lines/0/quantity', detail: /must be a number/ }], text)
  }
})

test('names that reach into a prototype, deep nesting and half characters are refused', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const bodies = [
    '{"name":"a","__proto__":{"role":"admin"}}',
    '{"name":"a","_\\u005fproto__":{"role":"admin"}}',
    '{"name":"a","constructor":{"prototype":{}}}',
    '{"name":"a\\ud83d"}',
    `{"name":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    `{"name":12345678901234567,"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    '['.repeat(200_000),
  ]
  for (const body of bodies) {
    const response = await call('POST', '/categories', { body })
    t.ok([400, 422].includes(response.statusCode), `${body.slice(0, 60)}: ${response.statusCode}`)
    t.ok(response.body.length < 2000)
  }
  t.equal(({} as { role?: string }).role, undefined)
  t.equal(
    (await call('POST', '/categories', { body: '{"name":"\\ud83d\\udd29 tornillo"}' })).json().name,
    '🔩 tornillo',
  )
})

test('a number of very many digits costs no time', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const before = process.cpuUsage()
  const response = await call('POST', '/categories', { body: `{"name":1${'0'.repeat(100_000)}1}` })
  t.equal(response.statusCode, 422)
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 2_000_000, `${user + system} µs of this process`)
})

test('names in an answer are cut and escaped', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const long = await call('POST', '/categories', { body: { name: 'x', ['k'.repeat(50_000)]: 1 } })
  t.ok(long.body.length < 2000)
  const escaped = await call('POST', '/categories', { body: { name: 'x', 'a/b~c': 1 } })
  t.match(escaped.json().errors, [{ pointer: '#/a~1b~0c' }])
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 1]))
  const { errors } = (await call('POST', '/categories', { body: many })).json()
  t.equal(errors.length, 100, 'as many as the document says')
})

test('the errors of a movement are as many as the document says', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  await call('POST', '/categories', { body: { name: 'x' } })
  await call('POST', '/products', { body: { name: 'x', price: '1', category_id: 1 } })
  const lines = Array.from({ length: 200 }, () => ({ product_id: 1, quantity: 1, expected_quantity: 5 }))
  const changed = await call('POST', '/movements', { body: { type: 'receipt', lines } })
  t.equal(changed.json().code, 'stock_changed')
  t.equal(changed.json().errors.length, 100)
})

test('an instant is written as RFC 3339 has it', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const body = (effective_at: string) => ({ type: 'receipt', effective_at, lines: [{ product_id: 1, quantity: 1 }] })
  for (const offset of ['+0100', '+01', '']) {
    const answer = await call('POST', '/movements', { body: body(`2026-01-31T12:00:00${offset}`) })
    t.match(answer.json(), { status: 422, errors: [{ pointer: '#/effective_at', detail: /date-time/ }] }, offset)
    const query = encodeURIComponent(`2026-01-31T12:00:00${offset}`)
    t.equal((await call('GET', `/stock?as_of=${query}`)).statusCode, 400, offset)
  }
  t.equal((await call('POST', '/movements', { body: body('2026-01-31 12:00:00Z') })).json().code, 'validation_failed')
  const right = await call('POST', '/movements', { body: body('2026-01-31t12:00:00.5+01:00') })
  t.notMatch(right.json().errors, [{ pointer: '#/effective_at' }])
})

onEveryEngine('no text of a body reaches the database with a NUL or half a character', async (t, engine) => {
  const { app, call } = await buildTestApp(t, engine)
  const texts = ['admin\\u0000', '\\u0000', '\\ud800', 'x\\udc00y']
  for (const text of texts) {
    const headers = { 'content-type': 'application/json' }
    const payload = `{"username":"${text}","password":"correct horse battery"}`
    const login = await app.inject({ method: 'POST', url: '/api/v1/auth/login', headers, payload })
    t.match(login.json(), { status: 422, errors: [{ pointer: '#/username' }] }, text)
    const refresh = `{"refresh_token":"${text}"}`
    const refreshed = await app.inject({ method: 'POST', url: '/api/v1/auth/refresh', headers, payload: refresh })
    t.match(refreshed.json(), { status: 422, errors: [{ pointer: '#/refresh_token' }] }, text)
    const note = `{"type":"receipt","note":"${text}","lines":[{"product_id":1,"quantity":1}]}`
    t.match((await call('POST', '/movements', { body: note })).json(), { status: 422, errors: [{ pointer: '#/note' }] })
  }
})

test('a body that is not there counts as none, whatever type is named', async (t) => {
  const { app, tokens } = await buildTestApp(t, 'sqlite')
  const post = (url: string, headers: Record<string, string> = {}, payload?: string) =>
    app.inject({
      method: 'POST',
      url: `/api/v1${url}`,
      headers: { authorization: `Bearer ${tokens.admin}`, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
  const json = { 'content-type': 'application/json' }
  for (const headers of [json, undefined]) {
    t.equal((await post('/movements/1/reversal', headers)).json().code, 'not_found', 'may be left out')
    t.equal((await post('/categories', headers)).json().code, 'invalid_json', 'is needed')
    t.equal((await post('/products/1/archive', headers)).json().code, 'not_found', 'is not taken')
  }
  for (const body of ['{}', 'null', '{"a":1}']) {
    const refused = await post('/products/1/archive', json, body)
    t.match(refused.json(), { status: 400, code: 'invalid_request', detail: /no body/ }, body)
  }
  t.equal((await post('/nowhere', json, '{}')).statusCode, 404)
})

test('an operation that takes no body refuses one, by every method', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  await call('POST', '/categories', { body: { name: 'x' } })
  for (const method of ['GET', 'DELETE'] as const) {
    t.equal((await call(method, '/categories/1', { body: {} })).json().code, 'invalid_request', method)
    const headers = { 'content-type': 'application/json' }
    t.ok((await call(method, '/categories/1', { headers })).statusCode < 300, `${method} names a type only`)
  }
})

test('a compressed body is refused as such', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const body = gzipSync('{"name":"x"}')
  const answer = await call('POST', '/categories', { body, headers: { 'content-encoding': 'gzip' } })
  t.match(answer.json(), { status: 415, code: 'unsupported_media_type', detail: /Content-Encoding/ })
  t.equal(answer.headers['accept-encoding'], 'identity')
  const plain = await call('POST', '/categories', { body: { name: 'x' }, headers: { 'content-encoding': 'identity' } })
  t.equal(plain.statusCode, 201)
})
