import { Client } from 'pg'
import { test } from 'tap'
import type { TlsMode } from '../../src/db/tls.ts'
import { parseDatabaseUrl } from '../../src/db/url.ts'
import { makeAuthority, makeServerCertificate, withoutOpenssl } from '../support/certificates.ts'
import { startTlsPostgres } from '../support/tls-postgres.ts'

interface Case {
  name: string
  query?: string
  /** The certificate is for `localhost`; default: that. */
  host?: string
  ssl?: TlsMode
  ca?: 'right' | 'wrong'
  /** What pg says; true: connected and encrypted. */
  expected: true | RegExp
}

const UNKNOWN_CA = /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT/
const WRONG_HOST = /ERR_TLS_CERT_ALTNAME_INVALID/
const UNENCRYPTED = /28000/

const cases: Case[] = [
  { name: 'nothing asked for', expected: UNENCRYPTED },
  { name: 'disable', ssl: 'disable', expected: UNENCRYPTED },
  { name: 'disable wins over the URL', ssl: 'disable', query: '?sslmode=require', expected: UNENCRYPTED },
  { name: 'no-verify', ssl: 'no-verify', expected: true },
  { name: 'no-verify, host name that does not fit', ssl: 'no-verify', host: '127.0.0.1', expected: true },
  { name: 'require without a CA', query: '?sslmode=require', expected: true },
  { name: 'ssl=true without a CA', query: '?ssl=true', expected: true },
  { name: 'verify-ca, right CA', ssl: 'verify-ca', ca: 'right', expected: true },
  { name: 'verify-ca, host name that does not fit', ssl: 'verify-ca', ca: 'right', host: '127.0.0.1', expected: true },
  { name: 'verify-ca, wrong CA', ssl: 'verify-ca', ca: 'wrong', expected: UNKNOWN_CA },
  { name: 'verify-full, right CA', ssl: 'verify-full', ca: 'right', expected: true },
  { name: 'verify-full, wrong CA', ssl: 'verify-full', ca: 'wrong', expected: UNKNOWN_CA },
  { name: 'verify-full, wrong host', ssl: 'verify-full', ca: 'right', host: '127.0.0.1', expected: WRONG_HOST },
  { name: 'verify-full, public CAs only', ssl: 'verify-full', expected: UNKNOWN_CA },
  { name: 'require and a CA, as DigitalOcean gives them', query: '?sslmode=require', ca: 'right', expected: true },
  { name: 'require and a wrong CA', query: '?sslmode=require', ca: 'wrong', expected: UNKNOWN_CA },
  { name: 'a CA and no mode', ca: 'right', expected: true },
  { name: 'a CA and no mode, wrong host', ca: 'right', host: '127.0.0.1', expected: WRONG_HOST },
  { name: 'channel binding', query: '?sslmode=require&channel_binding=require', expected: true },
]

test('a server that insists on TLS, with a private CA', { skip: await withoutOpenssl() }, async (t) => {
  const folder = t.testdir()
  const right = await makeAuthority(folder, 'right')
  const wrong = await makeAuthority(folder, 'wrong')
  const { key, certificate } = await makeServerCertificate(folder, 'right', 'localhost')
  const server = await startTlsPostgres(key, certificate)
  t.teardown(() => server.stop())

  // What pg would read beside its options: nothing of it may matter, since `ssl` is always given.
  process.env.PGSSLMODE = 'verify-full'
  for (const { name, query = '', host = 'localhost', ssl, ca, expected } of cases) {
    const caCert = ca === undefined ? undefined : { right, wrong }[ca]
    const url = `postgres://stock:p%40ss@${host}:${server.port}/postgres${query}`
    const said = await connect(url, { ssl, caCert })
    if (expected === true) t.equal(said, 'encrypted', name)
    else t.match(said, expected, name)
  }
  const bySocket = `postgres://stock:p%40ss@/postgres?host=${encodeURIComponent(server.socket)}&sslmode=require`
  t.equal(await connect(bySocket.replace('@/', `@:${server.port}/`), {}), 'plain', 'Unix socket')
})

async function connect(url: string, options: { ssl?: TlsMode | undefined; caCert?: string | undefined }) {
  const target = parseDatabaseUrl(url, options)
  if (target.engine !== 'postgresql') throw new Error('not PostgreSQL')
  if (target.connection.ssl !== false) Object.freeze(target.connection.ssl) // as in the configuration
  const client = new Client(Object.freeze(target.connection))
  try {
    await client.connect()
    const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
    return rows[0].ssl ? 'encrypted' : 'plain'
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`
  } finally {
    await client.end()
  }
}
