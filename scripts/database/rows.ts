import { CompiledQuery, sql } from 'kysely'
import { isPostgres } from '../../src/db/dialect.ts'
import type { Reader, Writer } from '../../src/db/types.ts'
import type { Kind, Table } from './catalog.ts'

/** A row as both engines give it: numbers, strings, booleans, null; times as RFC 3339 text. */
export type Row = Record<string, string | number | boolean | null>

const PAGE = 2000

/** All rows in the order of their key, page by page, so that memory stays bounded. */
export async function* readPages(db: Reader, table: Table, size = PAGE): AsyncGenerator<Row[]> {
  const columns = sql.join(table.columns.map(({ name }) => sql.ref(name)))
  const key = sql.join(table.key.map((name) => sql.ref(name)))
  let last: Row | undefined
  do {
    const after = last ? sql`where (${key}) > (${sql.join(table.key.map((name) => (last as Row)[name]))})` : sql``
    const { rows } = await sql<Row>`
      select ${columns} from ${sql.table(table.name)} ${after} order by ${key} limit ${size}`.execute(db)
    if (rows.length > 0) yield rows
    last = rows.length === size ? rows.at(-1) : undefined
  } while (last !== undefined)
}

/** The rows with these keys, in no order. */
export async function readSame(db: Reader, table: Table, rows: Row[]): Promise<Row[]> {
  const columns = sql.join(table.columns.map(({ name }) => sql.ref(name)))
  const key = sql.join(table.key.map((name) => sql.ref(name)))
  const keys = sql.join(rows.map((row) => sql`(${sql.join(table.key.map((name) => row[name]))})`))
  const list = isPostgres(db) || table.key.length === 1 ? keys : sql`values ${keys}`
  const found = await sql<Row>`
    select ${columns} from ${sql.table(table.name)} where (${key}) in (${list})`.execute(db)
  return found.rows
}

export async function countRows(db: Reader, table: Table): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table.name)}`.execute(db)
  return Number(rows[0]?.count)
}

const POSTGRES_TYPES: Record<Kind, string> = {
  integer: 'bigint',
  text: 'text',
  boolean: 'boolean',
  time: 'timestamptz',
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** A function that inserts rows as they are, ids too. */
export function inserter(db: Writer, { name, columns }: Table): (rows: Row[]) => Promise<void> {
  const names = columns.map((column) => quoted(column.name)).join(', ')
  const into = `insert into ${quoted(name)} (${names})`
  if (isPostgres(db)) {
    const lists = columns.map(({ kind }, index) => `$${index + 1}::${POSTGRES_TYPES[kind]}[]`).join(', ')
    const text = `${into} select * from unnest(${lists})`
    return async (rows) => {
      const values = columns.map((column) => rows.map((row) => row[column.name]))
      await db.executeQuery(CompiledQuery.raw(text, values))
    }
  }
  const text = `${into} values (${columns.map(() => '?').join(', ')})`
  return async (rows) => {
    for (const row of rows)
      await db.executeQuery(
        CompiledQuery.raw(
          text,
          columns.map((column) => row[column.name]),
        ),
      )
  }
}

/** Removes every row, those first that refer to others. The triggers have to be off. */
export async function emptyTables(db: Writer, tables: Table[]): Promise<void> {
  if (isPostgres(db)) {
    await sql`truncate table ${sql.join(tables.map(({ name }) => sql.table(name)))}`.execute(db)
    return
  }
  for (const { name } of tables.toReversed()) {
    const { rows } = await sql<{ column: string }>`
      select "from" as column from pragma_foreign_key_list(${name}) where "table" = ${name}`.execute(db)
    for (const { column } of rows) await sql`update ${sql.table(name)} set ${sql.ref(column)} = null`.execute(db)
    await sql`delete from ${sql.table(name)}`.execute(db)
  }
}

/** 0 when there is none above. */
export async function largestId(db: Reader, { name }: Table): Promise<number> {
  const { rows } = await sql<{ largest: number }>`
    select coalesce(max(id), 0) as largest from ${sql.table(name)}`.execute(db)
  return Math.max(0, Number(rows[0]?.largest))
}

/** The id that the next row of a table would get. */
export async function readNextId(db: Reader, { name }: Table): Promise<number> {
  const { rows } = isPostgres(db)
    ? await sql<{ next: number }>`
        select coalesce(pg_sequence_last_value(pg_get_serial_sequence(quote_ident(${name}), 'id')::regclass), 0) + 1 as next`.execute(
        db,
      )
    : await sql<{ next: number }>`
        select coalesce((select seq from sqlite_sequence where name = ${name}), 0) + 1 as next`.execute(db)
  return Number(rows[0]?.next)
}

/** Ids of removed rows are not given out again: `next` may be beyond the last row. */
export async function setNextId(db: Writer, { name }: Table, next: number): Promise<void> {
  if (isPostgres(db)) {
    const last = Math.max(1, next - 1)
    await sql`select setval(pg_get_serial_sequence(quote_ident(${name}), 'id'), ${last}, ${next > 1})`.execute(db)
    return
  }
  await sql`delete from sqlite_sequence where name = ${name}`.execute(db)
  if (next > 1) await sql`insert into sqlite_sequence (name, seq) values (${name}, ${next - 1})`.execute(db)
}
