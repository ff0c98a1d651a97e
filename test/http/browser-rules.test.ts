import { test } from 'tap'
import { buildTestApp } from '../support/app.ts'

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
