import { test } from 'tap'
import { buildTestApp } from '../support/app.ts'

test('who has had enough is told so, and when to go on', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite', { RATE_LIMIT_MAX: '5' })
  for (let left = 4; left >= 0; left -= 1) {
    const response = await call('GET', '/categories', { as: 'viewer' })
    t.equal(response.statusCode, 200)
    t.equal(response.headers['ratelimit-policy'], '"default";q=5;w=60')
    t.match(response.headers.ratelimit, new RegExp(`^"default";r=${left};t=(60|[1-5]?\\d)$`))
  }
  const over = await call('GET', '/categories', { as: 'viewer' })
  t.equal(over.statusCode, 429)
  t.match(over.headers['retry-after'], /^(60|[1-5]?\d)$/)
  t.match(over.headers.ratelimit, /^"default";r=0;/)
  t.match(over.json(), { code: 'too_many_requests', instance: over.headers['x-request-id'] })
  t.equal((await call('GET', '/categories', { as: 'user' })).statusCode, 200, 'another user is not limited by it')
})

test('refusals carry the limit too, and count by address', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite', { RATE_LIMIT_MAX: '5' })
  const from = (remoteAddress: string, url = '/api/v1/categories') => app.inject({ url, remoteAddress })
  for (let left = 4; left >= 0; left -= 1) {
    const response = await from('192.0.2.1')
    t.equal(response.statusCode, 401)
    t.match(response.headers.ratelimit, `"default";r=${left};`)
  }
  t.equal((await from('192.0.2.1')).statusCode, 429)
  t.equal((await from('::ffff:192.0.2.1')).statusCode, 429, 'the same address, seen through IPv6')
  t.equal((await from('192.0.2.1', '/nowhere')).statusCode, 429, 'the search for open doors counts')
  t.equal((await from('192.0.2.2')).statusCode, 401)
})

test('one network of IPv6 is one client', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite', { RATE_LIMIT_MAX: '3' })
  const from = async (remoteAddress: string) => (await app.inject({ url: '/nowhere', remoteAddress })).statusCode
  for (const host of ['1', '2', '3']) t.equal(await from(`2001:db8:1:1::${host}`), 404)
  t.equal(await from('2001:db8:1:1:ffff::4'), 429)
  t.equal(await from('2001:db8:1:2::1'), 404)
})

test('probes are never limited', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite', { RATE_LIMIT_MAX: '3' })
  for (const url of ['/health', '/ready']) {
    for (const method of ['GET', 'HEAD'] as const) {
      for (let index = 0; index < 53; index += 1) {
        const response = await app.inject({ method, url })
        if (response.statusCode !== 200) t.fail(`${method} ${url}: ${response.statusCode} at ${index}`)
        if ('ratelimit' in response.headers) t.fail(`${method} ${url} counts`)
      }
    }
  }
})

test('without a limit nothing is counted', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite', { RATE_LIMIT_MAX: '0' })
  t.notOk((await call('GET', '/categories')).headers.ratelimit)
})
