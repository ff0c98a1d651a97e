import Fastify from 'fastify'
import { type Test, test } from 'tap'
import { createTrust, registerClientAddress, requestIds } from '../../src/http/client-address.ts'

/** Asks who the client is, with TRUST_PROXY and CLIENT_IP_HEADER as given. */
function addresses(t: Test, proxies: string[], header?: string) {
  const trust = createTrust(proxies)
  const app = Fastify({ trustProxy: trust, genReqId: requestIds(trust) })
  registerClientAddress(app, trust, header)
  app.get('/', async (request) => ({ address: request.clientAddress, id: request.id }))
  t.teardown(() => app.close())
  return async (remoteAddress: string, headers: Record<string, string> = {}) =>
    (await app.inject({ url: '/', remoteAddress, headers })).json() as { address: string; id: string }
}

const FORGED = { 'x-forwarded-for': '198.51.100.9', 'x-real-ip': '198.51.100.9', 'x-request-id': 'forged' }

test('without trusted proxies only the socket counts', async (t) => {
  const ask = addresses(t, [])
  const { address, id } = await ask('203.0.113.5', FORGED)
  t.equal(address, '203.0.113.5')
  t.not(id, 'forged')
  t.equal((await ask('127.0.0.1', FORGED)).address, '127.0.0.1')
  t.equal((await ask('::ffff:203.0.113.5')).address, '203.0.113.5')
})

test('a header names the client only where the sender itself is trusted', async (t) => {
  const ask = addresses(t, ['10.0.0.0/8', 'loopback'], 'x-real-ip')
  t.equal((await ask('203.0.113.5', FORGED)).address, '203.0.113.5', 'a stranger')
  t.equal((await ask('203.0.113.5', { ...FORGED, 'x-forwarded-for': '10.0.0.1, 10.0.0.2' })).address, '203.0.113.5')
  t.equal((await ask('10.1.2.3', { 'x-real-ip': '198.51.100.9' })).address, '198.51.100.9', 'the proxy')
  t.equal((await ask('::ffff:10.1.2.3', { 'x-real-ip': '2001:db8::1' })).address, '2001:db8::1')
  t.equal(
    (await ask('10.1.2.3', { 'x-real-ip': 'nonsense', 'x-forwarded-for': '198.51.100.7' })).address,
    '198.51.100.7',
  )
  t.equal((await ask('10.1.2.3', { 'x-real-ip': '198.51.100.9, 1.2.3.4' })).address, '10.1.2.3', 'two headers')
  t.equal((await ask('10.1.2.3')).address, '10.1.2.3')
})

test('of forwarded addresses the last that no trusted proxy wrote about itself counts', async (t) => {
  const ask = addresses(t, ['uniquelocal', '::1'])
  t.equal((await ask('10.0.0.1', { 'x-forwarded-for': '1.1.1.1, 198.51.100.9, 10.0.0.7' })).address, '198.51.100.9')
  t.equal((await ask('fd00::1', { 'x-forwarded-for': '198.51.100.9' })).address, '198.51.100.9')
  t.equal((await ask('::1', { 'x-forwarded-for': '198.51.100.9' })).address, '198.51.100.9')
  t.equal((await ask('fe80::1%eth0', { 'x-forwarded-for': '198.51.100.9' })).address, 'fe80::1%eth0')
  t.equal((await ask('9.9.9.9', { 'x-forwarded-for': '198.51.100.9' })).address, '9.9.9.9')
})

test('a proxy may be one address', async (t) => {
  const sent = { 'x-forwarded-for': '198.51.100.9' }
  for (const [proxy, other] of [
    ['10.9.9.9', '10.9.9.8'],
    ['2001:db8::9', '2001:db8::8'],
  ] as const) {
    const ask = addresses(t, [proxy])
    t.equal((await ask(proxy, sent)).address, '198.51.100.9')
    t.equal((await ask(other, sent)).address, other)
  }
})

test('an address is shown as what it is', async (t) => {
  const ask = addresses(t, ['loopback'], 'x-real-ip')
  const told = async (address: string) => (await ask('127.0.0.1', { 'x-real-ip': address })).address
  t.equal(await told(' 198.51.100.77 '), '198.51.100.77')
  t.equal(await told('::FFFF:198.51.100.77'), '198.51.100.77')
  t.equal(await told('64:ff9b::ffff:198.51.100.77'), '64:ff9b::ffff:198.51.100.77', 'not mapped')
})

test('a range may be named', async (t) => {
  const sent = { 'x-forwarded-for': '198.51.100.9' }
  const members = {
    loopback: ['127.0.0.1', '127.255.255.254', '::1'],
    linklocal: ['169.254.7.7', 'fe80::1', 'febf::1%eth0'],
    uniquelocal: ['10.255.0.1', '172.16.0.1', '172.31.255.1', '192.168.3.4', 'fd12::1', 'fc00::1'],
  }
  for (const [name, believed] of Object.entries(members)) {
    const ask = addresses(t, [name])
    for (const address of Object.values(members).flat()) {
      const expected = believed.includes(address) ? '198.51.100.9' : address
      t.equal((await ask(address, sent)).address, expected, `${address} with ${name}`)
    }
    for (const stranger of ['172.32.0.1', '11.0.0.1', 'fec0::1', '128.0.0.1', '::2']) {
      t.equal((await ask(stranger, sent)).address, stranger)
    }
  }
})

test('a request id is taken over from a trusted proxy when it is one', async (t) => {
  const ask = addresses(t, ['loopback'])
  t.equal((await ask('127.0.0.1', { 'x-request-id': 'edge-1f.2:3' })).id, 'edge-1f.2:3')
  for (const odd of ['', 'a b', 'x'.repeat(129), '"};{"', 'é']) {
    t.match((await ask('127.0.0.1', { 'x-request-id': odd })).id, /^[0-9a-f-]{36}$/, odd.slice(0, 10))
  }
  t.match((await ask('127.0.0.1')).id, /^[0-9a-f-]{36}$/, 'none given')
  t.not((await ask('9.9.9.9', { 'x-request-id': 'edge-1' })).id, 'edge-1')
  t.not((await ask('9.9.9.9')).id, (await ask('9.9.9.9')).id)
})
