import { test } from 'tap'
import { buildTestApp } from '../support/app.ts'
import { exchange } from '../support/socket.ts'

const ORIGIN = 'https://app.example.com'
const EVIL = [
  'https://evil.example',
  'https://app.example.com.evil.example',
  'http://app.example.com',
  'null',
  'https://APP.example.com',
]

test('a page of a configured origin may use every method and header', async (t) => {
  const { app, call } = await buildTestApp(t, 'sqlite', { CORS_ORIGINS: `${ORIGIN},http://localhost:3000` })
  for (const method of ['PATCH', 'DELETE', 'POST', 'PUT']) {
    const response = await app.inject({
      method: 'OPTIONS',
      url: '/api/v1/categories/1',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,idempotency-key,if-match,content-type',
      },
    })
    t.equal(response.statusCode, 204)
    t.equal(response.headers['access-control-allow-origin'], ORIGIN)
    t.match(response.headers['access-control-allow-methods'], method)
    t.match(response.headers['access-control-allow-headers'], /authorization.*idempotency-key.*if-match/)
    t.match(response.headers.vary, /Origin/i)
  }
  const answer = await call('GET', '/categories', { headers: { origin: ORIGIN } })
  t.equal(answer.headers['access-control-allow-origin'], ORIGIN)
  t.match(answer.headers['access-control-expose-headers'], /ETag.*Retry-After.*Idempotency-Replayed/)
  const refused = await call('GET', '/categories', { as: 'nobody', headers: { origin: ORIGIN } })
  t.equal(refused.headers['access-control-allow-origin'], ORIGIN, 'a page can read why it was refused')
})

test('no other page may', async (t) => {
  const { app, call } = await buildTestApp(t, 'sqlite', { CORS_ORIGINS: ORIGIN })
  for (const origin of EVIL) {
    const headers = { origin, 'access-control-request-method': 'DELETE' }
    const preflight = await app.inject({ method: 'OPTIONS', url: '/api/v1/categories/1', headers })
    t.notOk(preflight.headers['access-control-allow-origin'], origin)
    const answer = await call('GET', '/categories', { headers: { origin } })
    t.notOk(answer.headers['access-control-allow-origin'], origin)
    t.notOk(answer.headers['access-control-allow-credentials'])
  }
})

test('without configured origins no page may', async (t) => {
  const { app, call } = await buildTestApp(t, 'sqlite')
  for (const origin of [ORIGIN, 'null', 'http://localhost:5000']) {
    const headers = { origin, 'access-control-request-method': 'GET' }
    const preflight = await app.inject({ method: 'OPTIONS', url: '/api/v1/categories', headers })
    t.notOk(preflight.headers['access-control-allow-origin'])
    t.notOk((await call('GET', '/categories', { headers: { origin } })).headers['access-control-allow-origin'])
  }
})

test('a plain OPTIONS is answered', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite', { CORS_ORIGINS: ORIGIN })
  const response = await app.inject({ method: 'OPTIONS', url: '/api/v1/categories' })
  t.equal(response.statusCode, 204)
})

test('every answer carries the security headers, and the API is not cached', async (t) => {
  const { app, call } = await buildTestApp(t, 'sqlite')
  const answers = [
    await call('GET', '/categories'),
    await app.inject({ url: '/docs/' }),
    await app.inject({ url: '/no' }),
  ]
  for (const { headers } of answers) {
    t.equal(headers['x-content-type-options'], 'nosniff')
    t.match(headers['content-security-policy'], /default-src 'self'.*frame-ancestors 'none'/)
    t.notMatch(headers['content-security-policy'], /upgrade-insecure-requests|unsafe-eval|script-src[^;]*unsafe-inline/)
    t.notOk(headers['x-powered-by'])
    t.ok(headers['x-request-id'])
  }
  t.equal(answers[0]?.headers['cache-control'], 'no-store')
})

test('what is answered before the hooks tells a browser the same', async (t) => {
  for (const origins of ['', ORIGIN]) {
    const env: Record<string, string> = origins ? { CORS_ORIGINS: origins } : {}
    const { app } = await buildTestApp(t, 'sqlite', env)
    await app.listen({ port: 0, host: '127.0.0.1' })
    for (const origin of [ORIGIN, 'https://evil.example']) {
      const ask = async (line: string, ...headers: string[]) => {
        const lines = [line, 'Host: x', `Origin: ${origin}`, 'Connection: close', ...headers]
        return rulesIn(await exchange(app.server.address(), `${lines.join('\r\n')}\r\n\r\n`))
      }
      const usual = await ask('GET /nowhere HTTP/1.1')
      t.match(usual, { 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src 'self'/ })
      t.equal(usual['access-control-allow-origin'] === ORIGIN, origins !== '' && origin === ORIGIN)
      t.same(await ask('GET /%zz HTTP/1.1'), usual, 'malformed')
      t.same(await ask(`GET /${'x'.repeat(9000)} HTTP/1.1`), usual, 'too long')
      t.same(await ask(`GET /api/v1/categories/${'1'.repeat(400)} HTTP/1.1`), usual, 'a part too long')
      t.same(await ask('GET / HTTP/1.1', 'no colon'), usual, 'no HTTP')
      t.same(await ask('GET / HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`), usual, 'headers too large')
      t.same(await ask('GET / HTTP/1.1', 'Expect: tea'), usual, 'an expectation')
    }
  }
})

/** The headers of an answer that are meant for browsers. */
function rulesIn(answer: string): Record<string, string> {
  const [head = ''] = answer.split('\r\n\r\n')
  const pairs = head
    .split('\r\n')
    .slice(1)
    .map((line) => [line.split(': ')[0]?.toLowerCase() ?? '', line.split(': ')[1] ?? ''])
  const names =
    /^(access-control-|content-security-|cross-origin-|origin-agent|referrer-|strict-|vary$|x-(?!request-id))/
  return Object.fromEntries(pairs.filter(([name = '']) => names.test(name)))
}
