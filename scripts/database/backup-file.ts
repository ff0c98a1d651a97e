import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { type MigrationState, Migrations, unknownMigrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'
import { makePrivate } from '../../src/db/sqlite/private-file.ts'
import type { Reader, Store } from '../../src/db/types.ts'
import { endAllSessions } from '../../src/modules/auth/service.ts'
import { verifyLedger } from '../../src/modules/stock/service.ts'
import { removeChecksums, verifyChecksums, writeChecksums } from './backup-checksums.ts'
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

export interface Unsealed {
  hasChecksums: boolean
  endedSessions: number
}

const WAIT_MS = 30_000

/** What the names of an SQLite file and of what belongs to it end with. */
export const FILES = ['', '-wal', '-shm', '-journal']

export const openFile = (file: string): Promise<Store> =>
  openStore({ engine: 'sqlite', file }, { poolSize: 1, waitMs: WAIT_MS, onPoolError: () => {} })

/** Copies an SQLite database as it is at one moment, while it is used, into a file that is one alone. */
export async function copyOnline(from: string, to: string): Promise<void> {
  makePrivate(to)
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

/** Works on a file that nobody else uses; nothing stays beside it that would have to be kept with it. */
export async function onFile<T>(file: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openFile(file)
  try {
    return await work(store)
  } finally {
    await store.close()
    asOneFile(file)
  }
}

/**
 * Proves a copy: no page is damaged, every reference leads somewhere, the ledger explains every balance.
 *
 * @throws Error saying what is wrong with it
 */
export const proveFile = (file: string): Promise<Contents> =>
  onFile(file, async (store) => {
    requireKnown(await new Migrations(store).state())
    await store.snapshot(async (reader) => {
      for await (const { table, row, reason } of findDamage(reader))
        throw new Error([table, row, reason].filter(Boolean).join(' '))
    })
    const proof = await verifyLedger(store)
    if (!proof.ok) throw new Error(`Its ledger does not prove its balances: ${JSON.stringify(proof.differences[0])}`)
    return await store.read(contentsOf)
  })

/** Writes the checksums of a proven backup into it. */
export const sealFile = (file: string): Promise<void> =>
  onFile(file, (store) => store.exclusive(writeChecksums, WAIT_MS))

/**
 * Makes a database of this version out of the copy of a backup, after its checksums were compared. It ends all
 * sessions: those that ended since the backup would live again.
 *
 * @returns whether it carried checksums, and how many sessions were ended
 * @throws Error when it is not what was written, or no backup
 */
export const unsealFile = (file: string): Promise<Unsealed> =>
  onFile(file, async (store) => {
    const migrations = new Migrations(store)
    requireKnown(await migrations.state())
    const hasChecksums = await store.snapshot(verifyChecksums)
    await store.exclusive(removeChecksums, WAIT_MS)
    await migrations.migrate('latest')
    return { hasChecksums, endedSessions: await store.exclusive(endAllSessions, WAIT_MS) }
  })

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

/** Removes a file of SQLite with what may lie beside it. */
export function removeFile(file: string): void {
  for (const suffix of FILES) rmSync(`${file}${suffix}`, { force: true })
}

/** A moment as a part of a file's name. */
export const stamp = (): string =>
  new Date()
    .toISOString()
    .replaceAll(':', '-')
    .replace(/\.\d+Z$/, 'Z')

/** A log that lies there alone would become part of what gets the name. */
export function requireAbsent(file: string): void {
  for (const name of FILES.map((suffix) => file + suffix)) requireNone(name)
}

function requireNone(file: string): void {
  if (existsSync(file)) throw new Error(`${file} exists already; a backup does not write over another file.`)
}
