import { isUtf8 } from 'node:buffer'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { isPostgres } from '../../src/db/dialect.ts'
import type { Reader } from '../../src/db/types.ts'
import type { Column, Table } from './catalog.ts'
import { printable } from './printable.ts'

/** A value that the other engine cannot hold, or that the schema would not let in. */
export interface Offence {
  table: string
  /** The primary key of its row, as `id=7`. */
  row: string
  column: string
  reason: string
}

/** Looks at every value of a table before anything is written. */
export async function* findOffences(
  db: Reader,
  table: Table,
  onRows: (count: number) => void = () => {},
): AsyncGenerator<Offence> {
  if (table.hasIds) yield* findFullCounter(db, table)
  if (isPostgres(db)) yield* onPostgres(db, table)
  else yield* onSqlite(db, table, onRows)
}

/** What is wrong with a file as a whole: damaged pages, references to nothing, broken checks. */
export async function* findDamage(db: Reader): AsyncGenerator<Offence> {
  if (isPostgres(db)) return
  const damage = await sql<{ integrity_check: string }>`select integrity_check from pragma_integrity_check`.execute(db)
  for (const { integrity_check: reason } of damage.rows) {
    for (const line of reason.split('\n')) {
      if (line !== 'ok' && !line.startsWith('***')) yield { table: 'the file', row: '', column: '', reason: line }
    }
  }
  const dangling = await sql<{ table: string; rowid: number; parent: string }>`
    select "table", rowid, parent from pragma_foreign_key_check`.execute(db)
  for (const { table, rowid, parent } of dangling.rows) {
    yield { table, row: `rowid=${rowid}`, column: '', reason: `refers to a row of ${parent} that does not exist` }
  }
}

const MAX = sql.lit(Number.MAX_SAFE_INTEGER)

/** A condition that is true of a wrong value, and what is wrong with it. */
type Rule = [RawBuilder<SqlBool>, string]

function sqliteRules({ name, kind }: Column): Rule[] {
  const value = sql.ref(name)
  const type = (right: string): Rule => [
    sql<SqlBool>`typeof(${value}) not in (${sql.lit(right)}, 'null')`,
    `is no ${right}`,
  ]
  switch (kind) {
    case 'integer':
      return [type('integer'), [sql<SqlBool>`${value} not between -${MAX} and ${MAX}`, 'is beyond 2^53 − 1']]
    case 'boolean':
      return [[sql<SqlBool>`${value} not in (0, 1)`, 'is neither 0 nor 1']]
    case 'time':
      return [
        type('text'),
        [
          sql<SqlBool>`${value} is not null and (strftime('%Y-%m-%dT%H:%M:%fZ', ${value}) is not ${value} or ${value} < '0001')`,
          'is no instant of the form 2026-01-31T12:00:00.000Z',
        ],
      ]
    default:
      return [type('text'), [sql<SqlBool>`instr(${value}, char(0)) > 0`, 'holds a NUL character']]
  }
}

function postgresRules({ name, kind }: Column): Rule[] {
  const value = sql.ref(name)
  if (kind === 'integer') return [[sql<SqlBool>`${value} not between -${MAX} and ${MAX}`, 'is beyond 2^53 − 1']]
  if (kind !== 'time') return []
  const years = sql<SqlBool>`${value} not between '0001-01-01T00:00:00Z' and '9999-12-31T23:59:59.999Z'`
  return [[years, 'is no instant between the years 1 and 9999']]
}

async function* onPostgres(db: Reader, table: Table): AsyncGenerator<Offence> {
  for (const column of table.columns) {
    for (const rule of postgresRules(column)) yield* offencesOf(db, table, column, rule)
  }
}

async function* onSqlite(db: Reader, table: Table, onRows: (count: number) => void): AsyncGenerator<Offence> {
  for (const column of table.columns) {
    for (const rule of sqliteRules(column)) yield* offencesOf(db, table, column, rule)
  }
  yield* findBrokenText(db, table, onRows)
}

async function* offencesOf(
  db: Reader,
  table: Table,
  column: Column,
  [condition, reason]: Rule,
): AsyncGenerator<Offence> {
  const { rows } = await sql<Record<string, string>>`
    select ${keyAsText(table)} from ${sql.table(table.name)} where ${condition}`.execute(db)
  for (const row of rows) yield { table: table.name, row: describeKey(table, row), column: column.name, reason }
}

/** As text, for a key may be the value that is wrong. */
const keyAsText = ({ key }: Table) =>
  sql.join(key.map((name) => sql`cast(${sql.ref(name)} as text) as ${sql.ref(name)}`))

const describeKey = ({ key }: Table, row: Record<string, unknown>) =>
  key.map((name) => `${name}=${printable(String(row[name]).slice(0, 100))}`).join(' ')

/** The id that comes after the last one given out has to be exact, too. */
async function* findFullCounter(db: Reader, { name }: Table): AsyncGenerator<Offence> {
  const last = isPostgres(db)
    ? sql`pg_sequence_last_value(pg_get_serial_sequence(quote_ident(${name}), 'id')::regclass)`
    : sql`(select seq from sqlite_sequence where name = ${name})`
  const { rows } = await sql<{ full: number | boolean }>`
    select coalesce(${last}, 0) >= ${MAX} or coalesce(max(id), 0) = ${MAX} as full from ${sql.table(name)}`.execute(db)
  if (rows[0]?.full) yield { table: name, row: '', column: 'id', reason: 'has no next one up to 2^53 − 1' }
}

const PAGE = 5000

/** SQLite keeps any bytes as text, and gives them back with signs in the place of what is no UTF-8. */
async function* findBrokenText(db: Reader, table: Table, onRows: (count: number) => void): AsyncGenerator<Offence> {
  const texts = table.columns.filter(({ kind }) => kind === 'text')
  if (texts.length === 0) return
  const bytes = sql.join(texts.map(({ name }) => sql`cast(${sql.ref(name)} as blob) as ${sql.ref(`bytes_${name}`)}`))
  const rowid = sql.ref('rowid')
  // As text, for it may be beyond what a number can hold, which is told and must not end the search.
  for (let last = '-9223372036854775808'; ; ) {
    const { rows } = await sql<Record<string, Buffer | string | null> & { place: string }>`
      select cast(${rowid} as text) as place, ${keyAsText(table)}, ${bytes} from ${sql.table(table.name)}
      where ${rowid} > cast(${last} as integer) order by ${rowid} limit ${PAGE}`.execute(db)
    for (const row of rows) {
      for (const { name } of texts) {
        const value = row[`bytes_${name}`]
        if (Buffer.isBuffer(value) && !isUtf8(value)) {
          yield { table: table.name, row: describeKey(table, row), column: name, reason: 'is no text in UTF-8' }
        }
      }
    }
    onRows(rows.length)
    const next = rows.at(-1)
    if (next === undefined || rows.length < PAGE) return
    last = next.place
  }
}
