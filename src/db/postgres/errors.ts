import { Problem } from '../../errors.ts'
import { codeOf, textOf } from '../../values/caught.ts'

/** What a failure means for the one who asked. */
export type Failure =
  /** Transactions got into each other's way; the same again works. */
  | 'conflict'
  /** A prepared statement cannot be used as it is; prepared anew it can. */
  | 'statement'
  /** The connection broke under the statement, as idle ones do when the server restarts. */
  | 'broken'
  /** There is no database to be had, and asking again at once will not change that. */
  | 'away'
  /** A lock, or a connection of the pool, was not to be had in time. */
  | 'busy'
  | undefined

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_CODE = new Map<string, Failure>([
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  // What a transaction-mode pooler answers to named statements.
  ['26000', 'statement'],
  ['42P05', 'statement'],
  ['55P03', 'busy'],
  ['57014', 'busy'],
  ['57P01', 'broken'],
  ['57P02', 'broken'],
  ['25P03', 'broken'],
  ['ECONNRESET', 'broken'],
  ['EPIPE', 'broken'],
  ['57P03', 'away'],
  ['57P04', 'away'],
  ['3D000', 'away'],
  ['58030', 'away'],
  ['ECONNREFUSED', 'away'],
  ['ETIMEDOUT', 'away'],
  ['ENOTFOUND', 'away'],
  ['EAI_AGAIN', 'away'],
  ['EHOSTUNREACH', 'away'],
  ['ENETUNREACH', 'away'],
  ['ENOENT', 'away'],
  ['EACCES', 'away'],
])

/** Connection exceptions, refused logins, and a server out of connections, memory or disk. */
const BY_CLASS = new Map<string, Failure>([
  ['08', 'broken'],
  ['28', 'away'],
  ['53', 'away'],
])

/** What pg says without a code. */
const BY_MESSAGE: [RegExp, Failure][] = [
  [/^timeout exceeded when trying to connect/, 'busy'],
  [/^(Connection terminated due to connection timeout|timeout expired|Query read timeout)/, 'away'],
  [/^(Connection terminated|Client has encountered a connection error|Client was closed)/, 'broken'],
]

/** Sorts an error of pg's, of its pool or of the server's. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return undefined
  if (isPlanChanged(error)) return 'statement'
  const code = codeOf(error)
  if (code === undefined) return BY_MESSAGE.find(([message]) => message.test(error.message))?.[1]
  return BY_CODE.get(code) ?? (/^[0-9A-Z]{5}$/.test(code) ? BY_CLASS.get(code.slice(0, 2)) : undefined)
}

/** "cached plan must not change result type": a migration changed a table under a statement prepared before. */
export function isPlanChanged(error: unknown): boolean {
  return codeOf(error) === '0A000' && textOf(error, 'routine') === 'RevalidateCachedQuery'
}

/** The problem to answer when trying again is over; errors of other kinds stay what they are. */
export function translate(error: unknown, waitMs: number): unknown {
  const cause = { cause: error }
  switch (failureOf(error)) {
    case 'conflict':
      return new Problem('database-busy', 'Too many requests want the same rows at once.', cause)
    case 'busy':
      return new Problem('database-busy', `What this needs was held by others for more than ${waitMs} ms.`, cause)
    case 'broken':
    case 'away':
      return new Problem('database-unavailable', 'The database cannot be reached now.', cause)
    default:
      return error
  }
}
