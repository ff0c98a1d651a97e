import { sql } from 'kysely'
import { isPostgres } from '../../src/db/dialect.ts'
import type { Reader, Writer } from '../../src/db/types.ts'
import { BACKUP_CHECKSUMS, type Table, tableNames } from './catalog.ts'
import { checksumOf } from './checksum.ts'

/**
 * Stands in the header of a backup (`pragma application_id`), so that no single damage makes it pass for a backup
 * that never had checksums.
 */
const MARK = 0x53_74_6f_6b

/** Rows and checksum of each table, as one text, by the table's name. */
export type Sums = Map<string, string>

/** The checksums of every table of an SQLite file, also of those that SQLite and the migrator keep for themselves. */
export async function readSums(db: Reader): Promise<Sums> {
  const sums: Sums = new Map()
  for (const table of await everyTable(db)) {
    const checksum = await checksumOf(db, table)
    sums.set(table.name, `${checksum.rows} ${checksum}`)
  }
  return sums
}

/** Names of the tables that are not the same in both, in alphabetical order. */
export const differingTables = (a: Sums, b: Sums): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort()

/** Writes into a backup what every table of it holds. */
export async function writeChecksums(db: Writer): Promise<void> {
  await removeChecksums(db)
  // Before anything is summed: its definition is a row of a table, too.
  await sql`create table ${sql.table(BACKUP_CHECKSUMS)} (name text primary key not null, held text not null)`.execute(
    db,
  )
  for (const [name, held] of await readSums(db)) {
    await sql`insert into ${sql.table(BACKUP_CHECKSUMS)} (name, held) values (${name}, ${held})`.execute(db)
  }
  await setMark(db, MARK)
}

/** Makes a database out of a backup: what is written to it from now on has no checksum. */
export async function removeChecksums(db: Writer): Promise<void> {
  await sql`drop table if exists ${sql.table(BACKUP_CHECKSUMS)}`.execute(db)
  await setMark(db, 0)
}

const setMark = async (db: Writer, mark: number) => await sql`pragma application_id = ${sql.lit(mark)}`.execute(db)

/**
 * Compares every table of a backup with the checksums it carries.
 *
 * @returns false when it carries none: it is no backup, or one of a version that wrote none
 * @throws Error naming the tables that are not what they were
 */
export async function verifyChecksums(db: Reader): Promise<boolean> {
  if (isPostgres(db)) return false
  const isMarked = (await readMark(db)) === MARK
  const isThere = (await tableNames(db)).includes(BACKUP_CHECKSUMS)
  if (!isMarked && !isThere) return false
  const altered = isMarked && isThere ? differingTables(await readWritten(db), await readSums(db)) : [BACKUP_CHECKSUMS]
  if (altered.length === 0) return true
  throw new Error(`It was altered after it was made as a backup: ${altered.join(', ')} no longer as the checksums say.`)
}

async function readMark(db: Reader): Promise<number | undefined> {
  const { rows } = await sql<{ application_id: number }>`pragma application_id`.execute(db)
  return rows[0]?.application_id
}

async function readWritten(db: Reader): Promise<Sums> {
  const { rows } = await sql<{ name: string; held: string }>`
    select name, held from ${sql.table(BACKUP_CHECKSUMS)}`.execute(db)
  return new Map(rows.map(({ name, held }) => [name, held]))
}

/** The search indexes are made of shadow tables, of which `integrity_check` does not see what they hold. */
async function everyTable(db: Reader): Promise<Table[]> {
  const { rows } = await sql<{ name: string; column: string; key: number }>`
    select t.name as name, c.name as "column", c.pk as key
    from pragma_table_list as t join pragma_table_info(t.name) as c
    where t.schema = 'main' and t.type in ('table', 'shadow') and t.name <> ${BACKUP_CHECKSUMS}
    order by t.name, c.name`.execute(db)
  return [...new Set(rows.map(({ name }) => name))].map((name) => {
    const own = rows.filter((row) => row.name === name)
    const key = own.filter((row) => row.key > 0).sort((a, b) => a.key - b.key)
    const columns = own.map((row) => ({ name: row.column, kind: 'text' as const }))
    if (key.length > 0) return { name, columns, key: key.map((row) => row.column), hasIds: false }
    return { name, columns: [{ name: 'rowid', kind: 'integer' }, ...columns], key: ['rowid'], hasIds: false }
  })
}
