import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { codeOf } from '../values/caught.ts'

export const TLS_MODES = ['disable', 'no-verify', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof TLS_MODES)[number]

/** A database URL, or a TLS setting beside it, that cannot be used. The message holds no part of the password. */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlError'
  /** The variable that is wrong. */
  readonly setting: 'DATABASE_URL' | 'DATABASE_CA_CERT'

  constructor(message: string, setting: DatabaseUrlError['setting'] = 'DATABASE_URL') {
    super(message)
    this.setting = setting
  }
}

export interface TlsSettings {
  /** `DATABASE_SSL`; wins over what the URL says. */
  mode?: TlsMode | undefined
  /** `DATABASE_CA_CERT`: PEM text; line breaks may have become `\n` or blanks on the way. */
  caCert?: string | undefined
  /** A Unix socket never speaks TLS. */
  socket?: boolean
}

export interface TlsDecision {
  /** For pg's `ssl` option; never undefined, so that pg does not turn to `PGSSLMODE`. */
  ssl: false | ConnectionOptions
  /** Sentences to log once; no secret in them. */
  notices: string[]
}

/** libpq's meaning of each word; beside a CA, `require` and `prefer` mean verify-ca (chain, not host name). */
const URL_MODES = new Map<string, TlsMode>([
  ['disable', 'disable'],
  ['prefer', 'no-verify'],
  ['require', 'no-verify'],
  ['no-verify', 'no-verify'],
  ['verify-ca', 'verify-ca'],
  ['verify-full', 'verify-full'],
])

/** `ssl=true` is JDBC's spelling; libpq, too, reads it as `sslmode=require`. */
const SSL_FLAGS = new Map([
  ['true', 'require'],
  ['1', 'require'],
  ['false', 'disable'],
  ['0', 'disable'],
  ['no-verify', 'no-verify'],
])

/** What the URL asks for: the mode's name in it, and how it was written there. */
interface Wish {
  name: string
  mode: TlsMode
  said: string
}

/**
 * Decides TLS for PostgreSQL, in this one place. Takes `sslmode`, `ssl`, `sslrootcert` and `uselibpqcompat` out of
 * `parameters`: pg lets them win over its `ssl` option, and changes their meaning between major versions.
 *
 * @throws DatabaseUrlError for an unknown mode, modes that disagree, a CA that is missing, unreadable or not PEM
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html for the modes' meaning
 */
export function decideTls(parameters: Map<string, string>, settings: TlsSettings = {}): TlsDecision {
  const wish = takeWish(parameters)
  const rootCert = take(parameters, 'sslrootcert')
  take(parameters, 'uselibpqcompat') // its meaning is the one used here anyway
  if (settings.socket) return onSocket(settings.mode)

  const notices: string[] = []
  if (settings.mode && wish && settings.mode !== wish.mode) {
    notices.push(`DATABASE_SSL=${settings.mode} is used; the database URL says ${wish.said}.`)
  }
  if (settings.caCert && rootCert) notices.push('DATABASE_CA_CERT is used; sslrootcert in the database URL is not.')

  const mode = chooseMode(wish, settings, rootCert)
  const unverified = mode === 'disable' || mode === 'no-verify'
  if (unverified && (settings.caCert || rootCert)) notices.push(`The CA certificate is not used: TLS is ${mode}.`)
  const ca = unverified ? undefined : findCa(settings.caCert, rootCert)
  notices.push(...explain(mode, settings.mode ? `DATABASE_SSL=${mode}` : wish?.said))
  return { ssl: sslOption(mode, ca), notices }
}

function take(parameters: Map<string, string>, name: string): string | undefined {
  const value = parameters.get(name)
  parameters.delete(name)
  return value === '' ? undefined : value
}

function takeWish(parameters: Map<string, string>): Wish | undefined {
  const sslmode = take(parameters, 'sslmode')
  const ssl = take(parameters, 'ssl')
  const flag = ssl === undefined ? undefined : SSL_FLAGS.get(ssl.toLowerCase())
  if (ssl !== undefined && flag === undefined) throw new DatabaseUrlError('ssl must be true, false or no-verify')
  const name = sslmode ?? flag
  if (name === undefined) return undefined

  const mode = URL_MODES.get(name)
  if (mode === undefined) throw new DatabaseUrlError(`sslmode must be one of ${[...URL_MODES.keys()].join(', ')}`)
  if (flag !== undefined && !agree(flag, name)) {
    throw new DatabaseUrlError(`sslmode=${name} and ssl=${flag} say different things; keep one`)
  }
  return { name, mode, said: sslmode === undefined ? `ssl=${ssl}` : `sslmode=${name}` }
}

function agree(flag: string, name: string): boolean {
  return flag === name || (flag === 'require' && name !== 'disable' && name !== 'no-verify')
}

function onSocket(mode: TlsMode | undefined): TlsDecision {
  const ignored = mode !== undefined && mode !== 'disable'
  return {
    ssl: false,
    notices: ignored ? [`DATABASE_SSL=${mode} has no effect: the database is reached by a Unix socket.`] : [],
  }
}

function chooseMode(wish: Wish | undefined, settings: TlsSettings, rootCert: string | undefined): TlsMode {
  const withCa = settings.caCert !== undefined || rootCert !== undefined
  if (settings.mode) return settings.mode
  // Who hands over a CA and names no mode wants it checked; pg's `ssl: { ca }` means the same.
  if (wish === undefined) return withCa ? 'verify-full' : 'disable'
  if (!withCa || wish.mode === 'disable' || wish.name === 'no-verify') return wish.mode
  // "system" stands for the public CAs, which prove nothing without the host name.
  if (settings.caCert === undefined && rootCert === 'system') return 'verify-full'
  return wish.mode === 'no-verify' ? 'verify-ca' : wish.mode
}

function findCa(caCert: string | undefined, rootCert: string | undefined): string | undefined {
  if (caCert !== undefined) return readPem(caCert, 'DATABASE_CA_CERT')
  if (rootCert === undefined || rootCert === 'system') return undefined
  let text: string
  try {
    text = readFileSync(rootCert, 'utf8')
  } catch (error) {
    const code = codeOf(error) ?? 'error'
    throw new DatabaseUrlError(`sslrootcert: cannot read the file ${JSON.stringify(rootCert.slice(0, 200))} (${code})`)
  }
  return readPem(text, 'sslrootcert')
}

/** Platforms' forms turn the line breaks of PEM into `\n`, blanks or nothing; OpenSSL insists on them. */
function readPem(text: string, source: 'DATABASE_CA_CERT' | 'sslrootcert'): string {
  const fail = () => {
    const wanted = 'must be a certificate in PEM form: -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----'
    return source === 'sslrootcert'
      ? new DatabaseUrlError(`the file of sslrootcert ${wanted}`)
      : new DatabaseUrlError(wanted, source)
  }
  const blocks = text
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
    .matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)
  const certificates = Array.from(blocks, ([, body = '']) => {
    const lines = body.replaceAll(/\s+/g, '').replaceAll(/.{64}(?=.)/g, '$&\n')
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
  })
  if (certificates.length === 0 || !certificates.every(isCertificate)) throw fail()
  return certificates.join('')
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

/** `rejectUnauthorized: true` is written out, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot undo it. */
function sslOption(mode: TlsMode, ca: string | undefined): false | ConnectionOptions {
  if (mode === 'disable') return false
  if (mode === 'no-verify') return { rejectUnauthorized: false }
  if (mode === 'verify-full') return { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) }
  if (ca === undefined) {
    throw new DatabaseUrlError(
      'is needed for verify-ca (or sslrootcert in the URL); verify-full can do with public CAs',
      'DATABASE_CA_CERT',
    )
  }
  return { rejectUnauthorized: true, ca, checkServerIdentity: () => undefined }
}

function explain(mode: TlsMode, said: string | undefined): string[] {
  const notices: string[] = []
  if (said === 'sslmode=prefer') {
    notices.push(
      'sslmode=prefer: there is no falling back to an unencrypted connection; that would be sslmode=disable.',
    )
  }
  if (mode === 'no-verify') {
    notices.push(
      `The connection to the database is encrypted, but nobody checks who answers (${said}). ` +
        'Set DATABASE_CA_CERT to have the certificate verified.',
    )
  }
  if (mode === 'verify-ca') {
    notices.push(
      `The database's certificate is verified, its host name is not (${said}). DATABASE_SSL=verify-full checks both.`,
    )
  }
  return notices
}
