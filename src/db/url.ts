import { isIPv6 } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { DatabaseUrlError, decideTls, type TlsMode } from './tls.ts'

export interface SqliteTarget {
  engine: 'sqlite'
  /** As written: relative to the working directory, or absolute. */
  file: string
}

/** Ready for pg's Pool. */
export interface PostgresConnection {
  /** Name or address (IPv6 without brackets), or the directory of a Unix socket. */
  host: string
  port: number
  user: string
  /** Undefined: none in the URL; pg then looks at PGPASSWORD and ~/.pgpass. */
  password: string | undefined
  database: string
  ssl: false | ConnectionOptions
  application_name?: string
  /** Start parameters such as `-c search_path=stock`; transaction poolers refuse them. */
  options?: string
  connectionTimeoutMillis?: number
  enableChannelBinding?: boolean
}

export interface PostgresTarget {
  engine: 'postgresql'
  connection: PostgresConnection
  /** Sentences to log once; no secret in them. */
  notices: string[]
}

export type DatabaseTarget = SqliteTarget | PostgresTarget

export interface DatabaseUrlOptions {
  /** `DATABASE_SSL` */
  ssl?: TlsMode | undefined
  /** `DATABASE_CA_CERT` */
  caCert?: string | undefined
}

const FORMS = 'sqlite:FOLDER/FILE.db or postgresql://USER:PASSWORD@HOST:PORT/NAME'

const ENCODE =
  'percent-encode the password: in a URL write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F, % as %25 and a blank as %20'

/** SQLAlchemy's drivers; the part after `+` means nothing here. */
const POSTGRES_SCHEME = /^postgres(?:ql)?(\+(?:psycopg2?|psycopg2cffi|asyncpg|pg8000))?$/

/**
 * Reads a database URL: `sqlite:` (also SQLAlchemy's three and four slashes), `postgres://`, `postgresql://` and
 * SQLAlchemy's `postgresql+psycopg2://`. Written by hand, since WHATWG's parser accepts what must be refused here: a raw
 * `#`, `/`, `?` or `@` in a password makes another host, database or user of the rest.
 *
 * @throws DatabaseUrlError saying what would be right; nothing of the URL but names of parameters is ever shown
 */
export function parseDatabaseUrl(text: string, options: DatabaseUrlOptions = {}): DatabaseTarget {
  const url = text.trim()
  if (url === '') throw new DatabaseUrlError(`is empty; write ${FORMS}`)
  if (url.startsWith('${')) {
    throw new DatabaseUrlError(
      'is a reference that the platform did not fill in; give the database service its right name',
    )
  }
  const colon = url.indexOf(':')
  const scheme = url.slice(0, Math.max(colon, 0)).toLowerCase()
  if (scheme === 'sqlite' || scheme === 'sqlite+pysqlite') return parseSqlite(url.slice(colon + 1))

  const driver = POSTGRES_SCHEME.exec(scheme)
  if (driver === null || !url.startsWith('//', colon + 1)) {
    throw new DatabaseUrlError(`must begin with sqlite:, postgres:// or postgresql:// (no quotes around it): ${FORMS}`)
  }
  const target = parsePostgres(url.slice(colon + 3), options)
  if (driver[1]) target.notices.unshift(`"${driver[1]}" in the database URL has no meaning here; write postgresql://.`)
  return target
}

function parseSqlite(rest: string): SqliteTarget {
  // SQLAlchemy: an empty authority, a slash, then the path; so four slashes make it absolute.
  const file = rest.startsWith('///') ? rest.slice(3) : rest
  if (file === '' || file === '//' || /:memory:/i.test(file)) {
    throw new DatabaseUrlError(
      'SQLite needs a file: data in memory would be gone at the next start. Write sqlite:FOLDER/FILE.db',
    )
  }
  if (file.startsWith('//')) {
    throw new DatabaseUrlError(
      'SQLite: write sqlite:FILE (or sqlite:///FILE), and sqlite:/FOLDER/FILE for an absolute path',
    )
  }
  if (file.includes('?')) throw new DatabaseUrlError('SQLite: nothing may follow the file name; remove ? and the rest')
  if (hasControlCharacter(file)) throw new DatabaseUrlError('SQLite: the file name holds a control character')
  if (/[/\\]$/.test(file))
    throw new DatabaseUrlError('SQLite: this names a folder; add the file, e.g. sqlite:data/stock.db')
  return { engine: 'sqlite', file }
}

function parsePostgres(rest: string, options: DatabaseUrlOptions): PostgresTarget {
  const { userInfo, server, path, query } = split(rest)
  const { user, password } = readUser(userInfo) // first: without a user, "query" may be half of a password
  const parameters = readQuery(query)
  const { host, port } = readServer(server, parameters)
  const database = readDatabase(path)
  const socket = host.startsWith('/')
  const { ssl, notices } = decideTls(parameters, { mode: options.ssl, caCert: options.caCert, socket })
  const extras = readParameters(parameters, notices)
  return { engine: 'postgresql', connection: { host, port, user, password, database, ssl, ...extras }, notices }
}

/** Cuts at the first `/` or `?`. An `@` or `#` that is left over can only come from something unencoded. */
function split(rest: string) {
  if (rest.includes('#') || rest.split('@').length > 2 || /\s/.test(rest) || hasControlCharacter(rest)) {
    throw new DatabaseUrlError(ENCODE)
  }
  const [, authority = '', path = '', query = ''] = /^([^/?]*)([^?]*)(?:\?(.*))?$/.exec(rest) ?? []
  if (path.includes('@') || query.includes('@')) throw new DatabaseUrlError(ENCODE)
  const at = authority.indexOf('@')
  return {
    userInfo: authority.slice(0, Math.max(at, 0)),
    server: authority.slice(at + 1),
    path,
    query,
  }
}

function readUser(userInfo: string) {
  const colon = userInfo.indexOf(':')
  const user = decode(colon === -1 ? userInfo : userInfo.slice(0, colon))
  const password = colon === -1 ? '' : decode(userInfo.slice(colon + 1))
  if (user === '') throw new DatabaseUrlError(`names no user; write ${FORMS}`)
  return { user, password: password === '' ? undefined : password }
}

function readServer(server: string, parameters: Map<string, string>) {
  const [, bracketed, plain = '', portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(server) ?? []
  const port = portText === undefined || portText === '' ? 5432 : Number(portText)
  if (portText && !/^\d{1,5}$/.test(portText)) throw new DatabaseUrlError(`the port is not a number. ${hint()}`)
  if (port < 1 || port > 65535) throw new DatabaseUrlError('the port must be from 1 to 65535')

  const inQuery = parameters.get('host')
  parameters.delete('host')
  const host = bracketed ?? (decode(plain) || inQuery || '')
  if (host === '') throw new DatabaseUrlError(`names no host; write ${FORMS}. ${hint()}`)
  if (host !== inQuery && inQuery) throw new DatabaseUrlError('names a host twice: before the / and in ?host=')
  const valid = bracketed === undefined ? /^\/|^[\p{L}\p{N}._-]+$/u.test(host) : isIPv6(host)
  if (!valid) throw new DatabaseUrlError(`the host must be one name, an IPv4 address or an [IPv6 address]. ${hint()}`)
  return { host, port }
}

function readDatabase(path: string): string {
  const name = decode(path.slice(1))
  if (name === '') throw new DatabaseUrlError(`names no database; end it with /NAME: ${FORMS}`)
  if (path.indexOf('/', 1) !== -1) throw new DatabaseUrlError(`more than one / after the host. ${hint()}`)
  return name
}

function readQuery(query: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/.exec(pair.replaceAll('+', ' ')) ?? []
    if (parameters.has(decode(name))) throw new DatabaseUrlError(`${quoteName(name)} is given twice`)
    parameters.set(decode(name), decode(value))
  }
  return parameters
}

/** What is left after TLS and host took theirs. A parameter without effect would be a lie, so unknown ones stop. */
function readParameters(parameters: Map<string, string>, notices: string[]) {
  const extras: Partial<PostgresConnection> = {}
  for (const [name, value] of parameters) {
    if (name === 'application_name') extras.application_name = value
    else if (name === 'options') extras.options = value
    else if (name === 'connect_timeout') extras.connectionTimeoutMillis = readSeconds(value) * 1000
    else if (name === 'client_encoding' && /^(utf-?8|unicode)$/i.test(value)) continue
    else if (name === 'channel_binding' && /^(disable|prefer|require)$/.test(value)) {
      extras.enableChannelBinding = value !== 'disable'
      if (value === 'require') notices.push('channel_binding=require: it is used where the server offers it.')
    } else if (name === 'client_encoding') throw new DatabaseUrlError('client_encoding must be utf8')
    else if (name === 'channel_binding')
      throw new DatabaseUrlError('channel_binding must be disable, prefer or require')
    else throw new DatabaseUrlError(`${quoteName(name)} is not understood; remove it from the URL`)
  }
  return extras
}

function readSeconds(value: string): number {
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : 0
  if (seconds < 1) throw new DatabaseUrlError('connect_timeout must be a number of seconds from 1 to 999')
  return seconds
}

function decode(text: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(text)
  } catch {
    throw new DatabaseUrlError(ENCODE)
  }
  if (hasControlCharacter(decoded)) throw new DatabaseUrlError('holds a control character')
  return decoded
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

/** A wrong port or host is most often the second half of a password. */
function hint(): string {
  return `If the password holds special characters, ${ENCODE}`
}

/** A parameter's name, unless it could be something else that slipped there. */
function quoteName(name: string): string {
  return /^[A-Za-z][\w.-]{0,40}$/.test(name) ? `the parameter "${name}"` : 'a parameter'
}
