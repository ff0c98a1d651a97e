import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { type MigrationState, Migrations, unknownMigrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'
import type { Reader, Store } from '../../src/db/types.ts'
import { verifyLedger } from '../../src/modules/stock/service.ts'
import { readCatalog } from './catalog.ts'
import { copyTables } from './copy.ts'
import { findDamage } from './preflight.ts'

/** What a database holds, to tell two of them apart. */
export interface Contents {
  products: number
  movements: number
  /** When the last movement was recorded; undefined when there is none. */
  last: string | undefined
}

const WAIT_MS = 30_000

export const openFile = (file: string): Promise<Store> =>
  openStore({ engine: 'sqlite', file }, { poolSize: 1, waitMs: WAIT_MS, onPoolError: () => {} })

/** Copies an SQLite database as it is at one moment, while it is used, into a file that is one alone. */
export async function copyOnline(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true })
  const source = new Database(from, { fileMustExist: true, timeout: WAIT_MS })
  try {
    await source.backup(to)
  } catch (error) {
    // Where nothing can be written beside it, nobody writes to it either: it may be copied as any file.
    if (!isUnwritable(error) || sizeOf(`${from}-wal`) > 0) throw error
    removeFile(to)
    copyFileSync(from, to)
    chmodSync(to, 0o600)
  } finally {
    source.close()
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

const isUnwritable = (error: unknown): boolean =>
  /^SQLITE_(CANTOPEN|READONLY)/.test((error as { code?: string }).code ?? '')

/** Writes everything of another database, a PostgreSQL, into a new SQLite file. */
export async function copyInto(file: string, source: Store): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const target = await openFile(file)
  try {
    await new Migrations(target).migrate('latest')
    await source.snapshot(async (reader) => {
      const tables = await readCatalog(reader)
      const copy = { tables, mode: 'fresh', onRows: () => {} } as const
      await target.exclusive((writer) => copyTables(reader, writer, copy), WAIT_MS)
    })
  } finally {
    await target.close()
  }
}

/**
 * Proves a copy: no page is damaged, every reference leads somewhere, the ledger explains every balance.
 *
 * @param migrate whether an older schema is brought up to date, which is done to the copy alone
 * @throws Error saying what is wrong with it
 */
export async function proveFile(file: string, { migrate = false } = {}): Promise<Contents> {
  const store = await openFile(file)
  try {
    const migrations = new Migrations(store)
    requireKnown(await migrations.state())
    if (migrate) await migrations.migrate('latest')
    await store.snapshot(async (reader) => {
      for await (const { table, row, reason } of findDamage(reader))
        throw new Error([table, row, reason].filter(Boolean).join(' '))
    })
    const proof = await verifyLedger(store)
    if (!proof.ok) throw new Error(`Its ledger does not prove its balances: ${JSON.stringify(proof.differences[0])}`)
    return await store.read(contentsOf)
  } finally {
    await store.close()
    asOneFile(file)
  }
}

function requireKnown({ applied, unknown }: MigrationState): void {
  if (unknown.length > 0) throw new Error(unknownMigrations(unknown))
  if (applied.length === 0) throw new Error('It is no database of this service.')
}

export async function contentsOf(reader: Reader): Promise<Contents> {
  const count = async (table: 'products' | 'movements') => {
    const row = await reader
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirst()
    return Number(row?.count)
  }
  const last = await reader.selectFrom('movements').select('recorded_at').orderBy('id', 'desc').executeTakeFirst()
  return { products: await count('products'), movements: await count('movements'), last: last?.recorded_at }
}

export const describeContents = ({ products, movements, last }: Contents): string =>
  `${products} products, ${movements} movements${last ? `, the last of ${last}` : ''}`

/** Leaves nothing beside the file that would have to be kept with it. */
function asOneFile(file: string): void {
  const database = new Database(file)
  database.pragma('journal_mode = delete')
  database.close()
}

/** Gives a finished file its name, so that no half of one ever has it. */
export function putInPlace(from: string, to: string): void {
  const handle = openSync(from, 'r')
  fsyncSync(handle)
  closeSync(handle)
  renameSync(from, to)
  const folder = openSync(dirname(to), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/**
 * Brings what is in the write-ahead log into the file itself.
 *
 * @throws Error when another program has the database open
 */
export function requireUnused(file: string): void {
  const database = new Database(file, { timeout: 0 })
  try {
    database.pragma('locking_mode = exclusive')
    database.exec('begin exclusive; commit')
    database.pragma('wal_checkpoint(truncate)')
  } catch (error) {
    if (!(error as { code?: string }).code?.startsWith('SQLITE_BUSY')) throw error
    throw new Error(`${file} is in use: stop the service first.`, { cause: error })
  } finally {
    database.close()
  }
}

/** Removes a file of SQLite with what may lie beside it. */
export function removeFile(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true })
}

/** A moment as a part of a file's name. */
export const stamp = (): string =>
  new Date()
    .toISOString()
    .replaceAll(':', '-')
    .replace(/\.\d+Z$/, 'Z')

export function requireAbsent(file: string): void {
  if (existsSync(file)) throw new Error(`${file} exists already; a backup does not write over another file.`)
}
