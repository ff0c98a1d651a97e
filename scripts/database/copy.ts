import type { Reader, Writer } from '../../src/db/types.ts'
import { verifyLedger } from '../../src/modules/stock/service.ts'
import type { Table } from './catalog.ts'
import { Checksum, canonical, checksumOf } from './checksum.ts'
import { printable } from './printable.ts'
import {
  countRows,
  emptyTables,
  inserter,
  largestId,
  type Row,
  readNextId,
  readPages,
  readSame,
  setNextId,
} from './rows.ts'
import { withoutTriggers } from './triggers.ts'

/** `fresh`: the target holds nothing of its own; `replace`: it loses all it has; `merge`: it keeps all it has. */
export type Mode = 'fresh' | 'replace' | 'merge'

export interface Copied {
  table: string
  /** Rows written, and rows that were there already. */
  written: number
  kept: number
  /** Of the table in the target, when everything in it came from the source. */
  checksum: string | undefined
}

/** Why a copy was given up; nothing of it is left. */
export class CopyError extends Error {}

/** A row that both have, and not the same. */
export interface Conflict {
  table: string
  row: string
  columns: string[]
}

/** Rows of the target that a merge would have to change. */
export async function* findConflicts(from: Reader, to: Reader, tables: Table[]): AsyncGenerator<Conflict> {
  for (const table of tables) {
    for await (const page of readPages(from, table)) {
      const there = await known(to, table, page)
      for (const row of page) {
        const other = there.get(keyOf(table, row))
        const columns = other ? table.columns.map(({ name }) => name).filter((name) => row[name] !== other[name]) : []
        if (columns.length > 0) yield { table: table.name, row: printable(keyOf(table, row)), columns }
      }
    }
  }
}

const keyOf = (table: Table, row: Row): string => table.key.map((name) => `${name}=${row[name]}`).join(' ')

async function known(to: Reader, table: Table, page: Row[]): Promise<Map<string, Row>> {
  return new Map((await readSame(to, table, page)).map((row) => [keyOf(table, row), row]))
}

/**
 * Copies every table of one database into another, ids and all, and proves it before the transaction ends: the same
 * rows by checksum, and the ledger of the target by itself.
 *
 * @param from a snapshot of the source
 * @param to the transaction on the target
 * @throws CopyError when something would be lost
 */
export async function copyTables(
  from: Reader,
  to: Writer,
  { tables, mode, onRows }: { tables: Table[]; mode: Mode; onRows(count: number): void },
): Promise<Copied[]> {
  const copied = await withoutTriggers(to, tables, async () => {
    if (mode !== 'merge') await emptyTables(to, tables)
    const done: Copied[] = []
    for (const table of tables) done.push(await copyTable(from, to, table, { mode, onRows }))
    for (const table of tables) if (table.hasIds) await advance(from, to, table)
    return done
  })
  await prove(to)
  return copied
}

interface CopyOptions {
  mode: Mode
  onRows(count: number): void
}

async function copyTable(from: Reader, to: Writer, table: Table, { mode, onRows }: CopyOptions): Promise<Copied> {
  const insert = inserter(to, table)
  const read = new Checksum(table)
  let written = 0
  for await (const page of readPages(from, table)) {
    for (const row of page) read.add(row)
    const rows = mode === 'merge' ? await missing(to, table, page) : page
    if (rows.length > 0) await insert(rows)
    written += rows.length
    onRows(page.length)
  }
  const kept = read.rows - written
  if (mode === 'merge') return { table: table.name, written, kept, checksum: undefined }
  const there = await checksumOf(to, table)
  if (there.toString() !== read.toString() || there.rows !== read.rows) {
    throw new CopyError(`${table.name} did not arrive as it was: ${read.rows} rows read, ${there.rows} found.`)
  }
  return { table: table.name, written, kept, checksum: there.toString() }
}

async function missing(to: Writer, table: Table, page: Row[]): Promise<Row[]> {
  const there = await known(to, table, page)
  const columns = table.columns.map(({ name }) => name)
  return page.filter((row) => {
    const other = there.get(keyOf(table, row))
    if (other && canonical(other, columns) !== canonical(row, columns)) {
      throw new CopyError(`${table.name} ${printable(keyOf(table, row))} is not the same in both databases.`)
    }
    return other === undefined
  })
}

async function advance(from: Reader, to: Writer, table: Table): Promise<void> {
  // A counter that was lost or set back must not give out the id of a row that is there.
  const next = Math.max(await readNextId(from, table), await readNextId(to, table), (await largestId(to, table)) + 1)
  await setNextId(to, table, next)
}

async function prove(to: Writer): Promise<void> {
  const proof = await verifyLedger({ read: async (job) => await job(to) })
  if (!proof.ok) {
    const [first] = proof.differences
    throw new CopyError(`The ledger would not prove its balances: ${JSON.stringify(first)}`)
  }
}

/** Rows of each table, by name. */
export async function countAll(db: Reader, tables: Table[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const table of tables) counts.set(table.name, await countRows(db, table))
  return counts
}
