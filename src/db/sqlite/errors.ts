import Database from 'better-sqlite3'
import { Problem } from '../../errors.ts'

/** Another connection holds the lock; it may be had in a moment. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError &&
  (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED'))

/** What the disk or another program did is told as such; everything else stays what it is. */
export function translate(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (isBusy(error))
    return new Problem('database-busy', 'Another program is using the database file.', { cause: error })
  if (/^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM)/.test(error.code)) {
    return new Problem('database-unavailable', 'The database file cannot be read or written now.', { cause: error })
  }
  return error
}
