/** A PostgreSQL of its own in the shape a platform's one has: who may connect, with which certificate, by which address. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { startPostgres, unprivilegedAccount } from '../embedded-postgres.ts'
import type { Profile } from './profiles/profile.ts'

/** Kept by PostgreSQL for its superuser. */
const RESERVED_CONNECTIONS = 3
/** Everything that has to be encoded in an address. */
const PASSWORD = `p@ss:/%#${randomBytes(9).toString('base64url')}`

const run = promisify(execFile)

export interface PlatformDatabase {
  /** As the platform would hand it over. */
  url: string
  /** The authority's certificate, where the platform hands one over. */
  authority: string | undefined
  /** Connections of the service's user that are open now. */
  connections: () => Promise<number>
  stop: () => Promise<void>
}

export async function startDatabase(profile: Profile, connections = profile.connections): Promise<PlatformDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-database-'))
  const authority = profile.tls === 'none' ? undefined : await makeCertificates(folder, profile.tls)
  const encrypted = authority !== undefined
  const hba = `local all all trust\nhost all postgres all scram-sha-256\n${encrypted ? 'hostssl' : 'host'} all all all scram-sha-256\n`
  await writeFile(join(folder, 'hba.conf'), hba)
  await handOver(folder)
  const server = await startPostgres({
    hba_file: join(folder, 'hba.conf'),
    listen_addresses: 'localhost',
    max_connections: String(connections + RESERVED_CONNECTIONS),
    ...(encrypted
      ? { ssl: 'on', ssl_cert_file: join(folder, 'server.crt'), ssl_key_file: join(folder, 'server.key') }
      : {}),
  })
  const superuser = new Client({ connectionString: server.url })
  await superuser.connect()
  await superuser.query(`create role app login nosuperuser nocreatedb nocreaterole password '${PASSWORD}'`)
  await superuser.query('create database app owner app')
  const { port } = new URL(server.url)
  const scheme = profile.databaseUrl.split(':')[0] || 'postgresql'
  const query = profile.databaseUrl.includes('sslmode') ? '?sslmode=require' : ''
  return {
    url: `${scheme}://app:${encodeURIComponent(PASSWORD)}@localhost:${port}/app${query}`,
    authority: profile.tls === 'authority' ? authority : undefined,
    connections: async () => {
      const { rows } = await superuser.query("select count(*)::int as n from pg_stat_activity where usename = 'app'")
      return rows[0].n
    },
    stop: async () => {
      superuser.on('error', () => {})
      await superuser.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A server certificate for this machine by an authority of its own, or for another host by nobody. */
async function makeCertificates(folder: string, tls: 'unverifiable' | 'authority'): Promise<string> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const make = (subject: string, name: string, ...more: string[]) =>
    run('openssl', [
      ...['req', '-x509', ...curve, '-subj', `/CN=${subject}`, '-keyout', join(folder, `${name}.key`)],
      ...['-out', join(folder, `${name}.crt`), ...more],
    ])
  if (tls === 'unverifiable') {
    await make('elsewhere.example', 'server')
    return readFile(join(folder, 'server.crt'), 'utf8')
  }
  await make('A private authority', 'authority')
  const by = ['-CA', join(folder, 'authority.crt'), '-CAkey', join(folder, 'authority.key')]
  await make(
    'localhost',
    'server',
    ...by,
    '-addext',
    'subjectAltName=DNS:localhost',
    '-addext',
    'basicConstraints=CA:FALSE',
  )
  return readFile(join(folder, 'authority.crt'), 'utf8')
}

/** PostgreSQL reads a key only when it is its own user's. */
async function handOver(folder: string): Promise<void> {
  await chmod(folder, 0o711)
  const account = unprivilegedAccount()
  for (const name of ['server.key', 'server.crt', 'hba.conf']) {
    const file = join(folder, name)
    try {
      await chmod(file, 0o600)
    } catch {
      continue
    }
    if (account !== undefined) await chown(file, account.uid, account.gid)
  }
}
