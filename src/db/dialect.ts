import assert from 'node:assert/strict'
import { type Expression, PostgresAdapter, type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { codeOf, textOf } from '../values/caught.ts'
import type { DB, Generated } from './schema.gen.ts'
import type { Operand, Reader, Writer } from './types.ts'

export const isPostgres = (db: Reader) => db.getExecutor().adapter instanceof PostgresAdapter

/** `column` is one of `list`; one text for any length of the list, so that the query can be prepared. */
export function isOneOf(db: Reader, column: Expression<number>, list: Operand<number[]>): RawBuilder<SqlBool> {
  return isPostgres(db)
    ? sql`${column} = any(${list}::bigint[])`
    : sql`${column} in (select value from json_each(${list}))`
}

type Select<Tables, Names extends keyof Tables, Row> = SelectQueryBuilder<Tables, Names, Row>

/**
 * Locks the rows of a table that a select reads, until the transaction ends; on SQLite a writer is alone anyway.
 *
 * @param table its name in the query
 */
export const lockRows = <Tables, Names extends keyof Tables, Row>(
  db: Reader,
  query: Select<Tables, Names, Row>,
  table: NoInfer<Names & string>,
): Select<Tables, Names, Row> => (isPostgres(db) ? query.forUpdate(table) : query)

/** Keeps the rows of a table from being locked by another transaction until this one ends; any number may do so at once. */
export const shareRows = <Tables, Names extends keyof Tables, Row>(
  db: Reader,
  query: Select<Tables, Names, Row>,
  table: NoInfer<Names & string>,
): Select<Tables, Names, Row> => (isPostgres(db) ? query.forKeyShare(table) : query)

/**
 * A column by which SQLite does not look rows up, for a query that finds its rows in a better way; without statistics it
 * takes any index for a good one. PostgreSQL has statistics.
 */
export const unindexed = <T>(db: Reader, column: Expression<T>): RawBuilder<T> =>
  isPostgres(db) ? sql`${column}` : sql`+${column}`

/** Tables whose rows are given their ids by the database. */
type Numbered = { [Table in keyof DB]: DB[Table] extends { id: Generated<number> } ? Table : never }[keyof DB]

/** Takes the id that the next row of a table gets, for a row that says its own id in another column. */
export async function takeId(trx: Writer, table: Numbered): Promise<number> {
  const next = isPostgres(trx)
    ? sql<{ id: number }>`select nextval(pg_get_serial_sequence(${table}, 'id')) as id`
    : sql<{ id: number }>`select coalesce((select seq from sqlite_sequence where name = ${table}), 0) + 1 as id`
  const [row] = (await next.execute(trx)).rows
  assert(row, 'a select without a table answers one row')
  return row.id
}

/** After rows were given ids of their own choice: the ids that follow are larger than all of them. */
export async function advanceIds(trx: Writer, table: Numbered): Promise<void> {
  const advance = isPostgres(trx)
    ? sql`
        select setval(sequence, greatest(pg_sequence_last_value(sequence), largest))
        from (select pg_get_serial_sequence(${table}, 'id')::regclass as sequence,
                (select max(id) from ${sql.table(table)}) as largest) as ids
        where largest is not null`
    : sql`
        update sqlite_sequence set seq = max(seq, (select coalesce(max(id), 0) from ${sql.table(table)}))
        where name = ${table}`
  await advance.execute(trx)
}

/**
 * The name of the unique or check constraint, or of the trigger's rule, that refused a write, the same on both engines
 * (`products_sku_key_unique`); undefined for any other error, also for references and missing values.
 */
export function violatedConstraint(error: unknown): string | undefined {
  const code = codeOf(error)
  if (code === '23505' || code === '23514') return textOf(error, 'constraint')
  const message = textOf(error, 'message')
  if (message === undefined) return undefined
  switch (code) {
    case 'SQLITE_CONSTRAINT_CHECK':
      return message.replace(/^CHECK constraint failed: /, '')
    case 'SQLITE_CONSTRAINT_TRIGGER':
      // SQLite holds references by triggers of its own.
      return message === 'FOREIGN KEY constraint failed' ? undefined : message
    case 'SQLITE_CONSTRAINT_PRIMARYKEY':
    case 'SQLITE_CONSTRAINT_ROWID':
      return `${columnsOf(message)[0]?.split('.', 1)[0]}_pkey`
    case 'SQLITE_CONSTRAINT_UNIQUE':
      return nameOf(columnsOf(message))
    default:
      return undefined
  }
}

/** Whether a write was refused because a row refers to what it removes, or to what is not there. */
export function isReferenceViolation(error: unknown): boolean {
  const code = codeOf(error)
  if (code === '23503') return true
  return code?.startsWith('SQLITE_') === true && textOf(error, 'message') === 'FOREIGN KEY constraint failed'
}

const columnsOf = (message: string) => message.replace(/^UNIQUE constraint failed: /, '').split(', ')

/** SQLite names the columns (`stock.product_id, stock.location_id`), from which the constraint has its name. */
function nameOf([first = '', ...rest]: string[]): string {
  return [first.replace('.', '_'), ...rest.map((column) => column.slice(column.indexOf('.') + 1)), 'unique'].join('_')
}
