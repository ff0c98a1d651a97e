import { chmodSync, chownSync, existsSync, linkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import type { DB } from '../../src/db/schema.gen.ts'
import { SavepointDialect } from '../../src/db/sqlite/dialect.ts'
import { Statements } from '../../src/db/sqlite/statements.ts'
import { differingTables, readSums, type Sums } from './backup-checksums.ts'
import { contentsOf, describeContents, FILES, onFile, proveFile, putInPlace, stamp } from './backup-file.ts'

/** The file itself, where the name is that of a link; SQLite keeps what lies beside it there. */
export const realFile = (file: string): string => (existsSync(file) ? realpathSync(file) : resolve(file))

/** What has the name of an SQLite file, or belongs to that name: a log may lie there alone. */
export const filesOf = (file: string): string[] =>
  FILES.map((suffix) => file + suffix).filter((name) => existsSync(name))

/**
 * Asks for the lock that every connection to the file would stand against, through another name of it: under its own,
 * SQLite would bring into it whatever log lies beside it, be it that of another database.
 *
 * @throws Error when another program has the database open
 */
export function requireUnused(file: string): void {
  const link = `${file}.${process.pid}.partial`
  linkSync(file, link)
  try {
    const database = new Database(link, { timeout: 0 })
    try {
      database.pragma('locking_mode = exclusive')
      database.exec('begin exclusive; rollback')
    } finally {
      database.close()
    }
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    if (code.startsWith('SQLITE_BUSY')) throw new Error(`${file} is in use: stop the service first.`, { cause: error })
    // What is damaged is what a restore is for, and no service has it open.
    if (!/^SQLITE_(NOTADB|CORRUPT)/.test(code)) throw error
  } finally {
    for (const suffix of FILES) rmSync(link + suffix, { force: true })
  }
}

/**
 * Gives a finished database the name of another, with all that lies there kept under a name of its own, and proves it
 * by that name.
 *
 * @returns the names of what was kept
 * @throws Error when the file is not what was put there
 */
export async function replaceFile(scratch: string, file: string): Promise<string[]> {
  const meant = await sumsOf(scratch)
  keepOwner(scratch, file)
  const kept = setAside(file)
  putInPlace(scratch, file)
  try {
    const found = await sumsOf(file)
    await proveFile(file)
    const differing = differingTables(meant, found)
    if (differing.length > 0) throw new Error(`${differing.join(', ')} did not arrive as in the backup.`)
  } catch (error) {
    const before = kept.length > 0 ? ` What was there is ${kept.join(', ')}.` : ''
    throw new Error(`${file} is not what was restored: ${(error as Error).message}${before}`, { cause: error })
  }
  return kept
}

const sumsOf = (file: string): Promise<Sums> => onFile(file, (store) => store.snapshot(readSums))

/**
 * What a database file holds now. Read only, for what is kept of it is kept as it was found; a file that cannot be read
 * is told as such: it is what a restore is for.
 */
export async function describeFile(file: string): Promise<string> {
  try {
    const database = new Database(file, { readonly: true })
    try {
      const dialect = new SavepointDialect(database, new Statements(database))
      return describeContents(await contentsOf(new Kysely<DB>({ dialect })))
    } finally {
      database.close()
    }
  } catch (error) {
    return `what cannot be read (${(error as Error).message})`
  }
}

/** The file first: a log without its file does nothing until the name is used again. */
function setAside(file: string): string[] {
  const suffix = `.before-restore-${stamp()}`
  // SQLite makes the shared index anew, and a log of nothing is none.
  rmSync(`${file}-shm`, { force: true })
  for (const name of filesOf(file)) if (name !== file && statSync(name).size === 0) rmSync(name)
  return filesOf(file).map((name) => {
    // The end of the name stays, for SQLite finds the log of a file by it.
    const kept = `${file}${suffix}${name.slice(file.length)}`
    renameSync(name, kept)
    return kept
  })
}

/** Gives a file the owner and the mode of what it replaces; where nothing is, the owner of the folder. */
function keepOwner(scratch: string, file: string): void {
  const [before] = filesOf(file)
  const { uid, gid, mode } = statSync(before ?? dirname(file))
  const own = statSync(scratch)
  if (before !== undefined) chmodSync(scratch, mode & 0o777)
  if (own.uid === uid && own.gid === gid) return
  // Without a file to replace, who may not give one away keeps it.
  if (before === undefined && process.getuid?.() !== 0) return
  try {
    chownSync(scratch, uid, gid)
  } catch (error) {
    throw new Error(`${file} belongs to another user: restore as that one, or as root. Nothing was changed.`, {
      cause: error,
    })
  }
}
