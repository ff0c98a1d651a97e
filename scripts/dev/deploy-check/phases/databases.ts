/** A PostgreSQL that lets the service in only the way a platform's does. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type EmbeddedPostgres, startPostgres } from '../../embedded-postgres.ts'
import { isFree } from '../../free-port.ts'
import type { Profile } from '../profiles/profile.ts'

const run = promisify(execFile)

/** Every sign that has to be encoded in a URL. */
const PASSWORD = 'p@ss:w/o?r%d#1'
/** Of a URL that names none. */
export const DEFAULT_PORT = 5432
/** Kept by PostgreSQL for its superuser. */
const RESERVED_CONNECTIONS = 3

interface Shape {
  host: string
  /** Lines of pg_hba.conf for the service's role. */
  access: string
  /** Whom its certificate names, and who signed it; undefined: no TLS. */
  certificate: { name: string; signed: 'self' | 'authority' } | undefined
  query: string
  /** Whether the role owns its database; otherwise it may only make tables. */
  owns: boolean
  scheme: 'postgres' | 'postgresql'
  /** Whether its URL names no port, which means PostgreSQL's own. */
  portless?: true
}

const PLAIN = 'host all app 127.0.0.1/32 scram-sha-256\n'
const TLS_ONLY = 'hostssl all app all scram-sha-256\n'

const SHAPES: Record<string, Shape> = {
  compose: { host: '127.0.0.1', access: PLAIN, certificate: undefined, query: '', owns: true, scheme: 'postgresql' },
  render: {
    host: '127.0.0.1',
    access: PLAIN,
    certificate: undefined,
    query: '',
    owns: true,
    scheme: 'postgresql',
    portless: true,
  },
  heroku: {
    host: 'localhost',
    access: TLS_ONLY,
    certificate: { name: 'ec2-0-0-0-0.compute-1.example', signed: 'self' },
    query: '',
    owns: true,
    scheme: 'postgres',
  },
  digitalocean: {
    host: 'localhost',
    access: TLS_ONLY,
    certificate: { name: 'localhost', signed: 'authority' },
    query: '?sslmode=require',
    owns: false,
    scheme: 'postgresql',
  },
  railway: {
    host: '[::1]',
    access: 'host all app ::1/128 scram-sha-256\n',
    certificate: { name: 'localhost', signed: 'self' },
    query: '',
    owns: true,
    scheme: 'postgresql',
  },
}

export interface LiveDatabase {
  /** As the platform hands it over; of another database of the same server. */
  url(name?: string): string
  /** PEM of who signed its certificate, where the platform hands that over. */
  authority: string | undefined
  /** Runs SQL as the superuser, in a database. */
  ask(sql: string, name?: string): Promise<Record<string, unknown>[]>
  /** Connections that the service holds. */
  connections(): Promise<number>
  /** Makes another empty database that the service's role may use. */
  make(name: string): Promise<void>
  server: EmbeddedPostgres
  described: string
}

/** @throws Error saying why such a server cannot be had here */
export async function startDatabase(profile: Profile, connections: number): Promise<LiveDatabase> {
  const shape = SHAPES[profile.name]
  if (shape === undefined) throw new Error(`there is no shape of a database for ${profile.name}`)
  const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
  if (shape.host === '[::1]' && !hasIpv6) throw new Error('this machine has no IPv6')
  const { files, authority } = await filesFor(shape)
  const settings = {
    max_connections: String(connections + RESERVED_CONNECTIONS),
    // It is ended as in a crash, and must not lose what it said was written.
    synchronous_commit: 'on',
    listen_addresses: hasIpv6 ? '127.0.0.1,::1' : '127.0.0.1',
    ...(shape.certificate && { ssl: 'on' }),
  }
  const server = await startServer(shape, settings, files)
  const live = liveOf(server, shape, authority)
  await live.ask(`create role app login password '${PASSWORD}' nosuperuser nocreatedb nocreaterole`)
  await live.make('stock')
  return live
}

/** Where somebody else has the port that goes without saying, it gets another one. */
async function startServer({ portless }: Shape, settings: Record<string, string>, files: Record<string, string>) {
  if (portless && (await isFree(DEFAULT_PORT))) {
    // Whoever took it since then makes the start fail.
    return startPostgres(settings, files, DEFAULT_PORT).catch(() => startPostgres(settings, files))
  }
  return startPostgres(settings, files)
}

function liveOf(server: EmbeddedPostgres, shape: Shape, authority: string | undefined): LiveDatabase {
  const port = Number(new URL(server.url).port)
  const isSilent = shape.portless === true && port === DEFAULT_PORT
  const address = isSilent ? shape.host : `${shape.host}:${port}`
  const ask: LiveDatabase['ask'] = async (sql, name = 'postgres') => {
    const client = new pg.Client(Object.assign(new URL(server.url), { pathname: `/${name}` }).href)
    await client.connect()
    try {
      return (await client.query(sql)).rows ?? []
    } finally {
      await client.end()
    }
  }
  return {
    server,
    ask,
    authority,
    url: (name = 'stock') => `${shape.scheme}://app:${encodeURIComponent(PASSWORD)}@${address}/${name}${shape.query}`,
    async connections() {
      const [row] = await ask("select count(*)::int as count from pg_stat_activity where usename = 'app'")
      return Number(row?.count)
    },
    async make(name) {
      await ask(`create database ${name}${shape.owns ? ' owner app' : ''}`)
      if (!shape.owns) await ask('grant usage, create on schema public to app', name)
    },
    described: [
      `${shape.scheme}://…@${address}/…${shape.query}`,
      shape.portless && !isSilent ? `with a port, for ${DEFAULT_PORT} is taken here` : '',
      shape.certificate ? `certificate of ${shape.certificate.name}, signed by ${shape.certificate.signed}` : 'no TLS',
      shape.access.startsWith('hostssl') ? 'TLS demanded' : '',
      shape.owns ? '' : 'role does not own the schema',
    ]
      .filter(Boolean)
      .join(', '),
  }
}

async function filesFor({ access, certificate }: Shape) {
  const files: Record<string, string> = { 'pg_hba.conf': `host all postgres 127.0.0.1/32 scram-sha-256\n${access}` }
  if (certificate === undefined) return { files, authority: undefined }
  const folder = mkdtempSync(join(tmpdir(), 'deploy-certificates-'))
  try {
    const made = await makeCertificates(folder, certificate)
    return { files: { ...files, 'server.key': made.key, 'server.crt': made.certificate }, authority: made.authority }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** @throws Error when there is no openssl */
async function makeCertificates(folder: string, { name, signed }: NonNullable<Shape['certificate']>) {
  const openssl = async (...args: string[]) => {
    await run('openssl', args, { cwd: folder }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new Error('openssl is not installed') : error
    })
  }
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  if (signed === 'self') {
    await openssl('req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', 'k', '-out', 'c')
    return { key: read('k'), certificate: read('c'), authority: undefined }
  }
  const authority = ['-subj', '/CN=Private authority', '-addext', 'basicConstraints=critical,CA:TRUE']
  await openssl('req', '-x509', ...KEY, '-days', '2', ...authority, '-keyout', 'ak', '-out', 'ac')
  await openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', 'k', '-out', 'r')
  writeFileSync(join(folder, 'e'), `subjectAltName=DNS:${name}\n`)
  const sign = ['-CA', 'ac', '-CAkey', 'ak', '-CAcreateserial', '-days', '2', '-extfile', 'e']
  await openssl('x509', '-req', '-in', 'r', ...sign, '-out', 'c')
  return { key: read('k'), certificate: read('c'), authority: read('ac') }
}
