import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { DatabaseUrlError, decideTls, type TlsDecision, type TlsMode } from '../../src/db/tls.ts'
import { makeAuthority, withoutOpenssl } from '../support/certificates.ts'

const skip = await withoutOpenssl()

/** A decision in words; `ca` means that the CA is the one given. */
function name({ ssl }: TlsDecision): string {
  if (ssl === false) return 'plain'
  if (ssl.rejectUnauthorized === false) return 'unverified'
  return `${ssl.checkServerIdentity ? 'chain' : 'chain+host'}${ssl.ca ? ' ca' : ''}`
}

function decide(query: string, mode?: TlsMode, caCert?: string): TlsDecision {
  return decideTls(new Map(new URLSearchParams(query)), { mode, caCert })
}

function refusal(query: string, mode?: TlsMode, caCert?: string): DatabaseUrlError {
  try {
    decide(query, mode, caCert)
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error
    throw error
  }
  throw new Error('accepted')
}

test('without a CA', async (t) => {
  const cases: [query: string, mode: TlsMode | undefined, expected: string][] = [
    ['', undefined, 'plain'],
    ['sslmode=', undefined, 'plain'],
    ['sslmode=disable', undefined, 'plain'],
    ['ssl=false', undefined, 'plain'],
    ['ssl=0', undefined, 'plain'],
    ['sslmode=prefer', undefined, 'unverified'],
    ['sslmode=require', undefined, 'unverified'],
    ['ssl=true', undefined, 'unverified'],
    ['ssl=1', undefined, 'unverified'],
    ['sslmode=no-verify', undefined, 'unverified'],
    ['ssl=no-verify', undefined, 'unverified'],
    ['uselibpqcompat=true&sslmode=require', undefined, 'unverified'],
    ['uselibpqcompat=true&sslmode=prefer', undefined, 'unverified'],
    ['sslmode=verify-full', undefined, 'chain+host'],
    ['ssl=true&sslmode=verify-full', undefined, 'chain+host'],
    ['sslrootcert=system', undefined, 'chain+host'],
    ['sslrootcert=system&sslmode=require', undefined, 'chain+host'],
    // DATABASE_SSL wins
    ['', 'no-verify', 'unverified'],
    ['', 'verify-full', 'chain+host'],
    ['sslmode=require', 'disable', 'plain'],
    ['sslmode=disable', 'no-verify', 'unverified'],
    ['sslmode=require', 'verify-full', 'chain+host'],
    ['sslmode=verify-full', 'no-verify', 'unverified'],
  ]
  for (const [query, mode, expected] of cases) t.equal(name(decide(query, mode)), expected, `${query} ${mode ?? ''}`)
})

test('with a CA, from the environment or from the URL', { skip }, async (t) => {
  const folder = t.testdir()
  const ca = await makeAuthority(folder, 'ca')
  const cases: [query: string, mode: TlsMode | undefined, expected: string][] = [
    ['', undefined, 'chain+host ca'],
    ['sslmode=require', undefined, 'chain ca'],
    ['sslmode=prefer', undefined, 'chain ca'],
    ['ssl=true', undefined, 'chain ca'],
    ['uselibpqcompat=true&sslmode=require', undefined, 'chain ca'],
    ['sslmode=verify-ca', undefined, 'chain ca'],
    ['sslmode=verify-full', undefined, 'chain+host ca'],
    ['sslmode=no-verify', undefined, 'unverified'],
    ['sslmode=disable', undefined, 'plain'],
    ['', 'verify-ca', 'chain ca'],
    ['sslmode=require', 'verify-full', 'chain+host ca'],
    ['sslmode=require', 'no-verify', 'unverified'],
  ]
  for (const [query, mode, expected] of cases) {
    const label = `${query} ${mode ?? ''}`
    const fromEnvironment = decide(query, mode, ca)
    const fromUrl = decide(`${query}&sslrootcert=${encodeURIComponent(join(folder, 'ca.crt'))}`, mode)
    t.equal(name(fromEnvironment), expected, `${label}, DATABASE_CA_CERT`)
    t.equal(name(fromUrl), expected, `${label}, sslrootcert`)
    if (expected.endsWith(' ca')) t.match(fromEnvironment.ssl, { ca }, `${label}: unchanged`)
  }
})

test('nothing about TLS is left for pg to read', async (t) => {
  const parameters = new Map(new URLSearchParams('sslmode=require&ssl=true&sslrootcert=system&uselibpqcompat=true&a=b'))
  decideTls(parameters)
  t.strictSame([...parameters], [['a', 'b']])
})

test('a Unix socket never speaks TLS', async (t) => {
  t.strictSame(decideTls(new Map([['sslmode', 'require']]), { socket: true }), { ssl: false, notices: [] })
  t.match(decideTls(new Map(), { socket: true, mode: 'verify-full' }), { ssl: false, notices: [/no effect/] })
})

test('what a person should know is said once, in one sentence', { skip }, async (t) => {
  const ca = await makeAuthority(t.testdir(), 'ca')
  t.strictSame(decide('').notices, [])
  t.strictSame(decide('sslmode=disable').notices, [])
  t.strictSame(decide('sslmode=verify-full').notices, [])
  t.strictSame(decide('sslmode=require', 'verify-full', ca).notices.length, 1)
  t.match(decide('sslmode=require').notices, [/^The connection .* nobody checks who answers \(sslmode=require\)/])
  t.match(decide('', 'no-verify').notices, [/nobody checks who answers \(DATABASE_SSL=no-verify\)/])
  t.match(decide('sslmode=prefer').notices, [/no falling back/, /nobody checks/])
  t.match(decide('sslmode=require', undefined, ca).notices, [/host name is not \(sslmode=require\)/])
  t.match(decide('sslmode=verify-full', 'disable').notices, [/DATABASE_SSL=disable is used; .* sslmode=verify-full/])
  t.match(decide('', 'disable', ca).notices, [/CA certificate is not used/])
  t.match(decide('sslrootcert=/nowhere.pem', undefined, ca).notices, [/DATABASE_CA_CERT is used; sslrootcert/])
})

test('PEM survives what forms and shells do to it', { skip }, async (t) => {
  const folder = t.testdir()
  const pem = await makeAuthority(folder, 'ca')
  const two = pem + (await makeAuthority(folder, 'other'))
  for (const mangled of [
    pem.replaceAll('\n', '\\n'),
    pem.replaceAll('\n', '\\r\\n'),
    pem.replaceAll('\n', '\r\n'),
    pem.replaceAll('\n', ' '),
    pem.replaceAll('\n', ''),
    `\n  ${pem}\n\n`,
    `Comment before\n${pem}`,
  ]) {
    t.match(decide('', undefined, mangled).ssl, { ca: pem }, JSON.stringify(mangled.slice(0, 50)))
  }
  t.match(decide('', undefined, two).ssl, { ca: two }, 'several certificates')
})

test('wrong values stop, and say whose fault it is', { skip }, async (t) => {
  const folder = t.testdir()
  const pem = await makeAuthority(folder, 'ca')
  const cut = `-----BEGIN CERTIFICATE-----\n${pem.split('\n').slice(1, 4).join('\n')}\n-----END CERTIFICATE-----`
  for (const bad of ['geheim', '/etc/ssl/ca.pem', '<REQUIRED>', pem.replaceAll('CERTIFICATE', 'PRIVATE KEY'), cut]) {
    t.match(refusal('sslmode=require', undefined, bad), { setting: 'DATABASE_CA_CERT', message: /PEM form/ }, bad)
    t.notMatch(refusal('', 'verify-ca', bad).message, /geheim|MII/)
  }
  writeFileSync(join(folder, 'bad.pem'), 'geheim')
  t.match(refusal(`sslrootcert=${folder}/bad.pem`), {
    setting: 'DATABASE_URL',
    message: /the file of sslrootcert must/,
  })
  t.match(refusal('sslrootcert=/nowhere/ca.pem').message, /cannot read the file "\/nowhere\/ca.pem" \(ENOENT\)/)
  t.match(refusal('sslmode=verify-ca'), { setting: 'DATABASE_CA_CERT', message: /is needed for verify-ca/ })
  t.match(refusal('', 'verify-ca'), { setting: 'DATABASE_CA_CERT' })
  for (const bad of ['allow', 'REQUIRE', 'true', 'constructor']) {
    t.match(refusal(`sslmode=${bad}`).message, /^sslmode must be one of disable, prefer, require,/, bad)
  }
  t.match(refusal('ssl=maybe').message, /ssl must be true, false or no-verify/)
  t.match(refusal('ssl=false&sslmode=require').message, /say different things/)
  t.match(refusal('ssl=true&sslmode=disable').message, /say different things/)
})
