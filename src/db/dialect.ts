import { type Expression, PostgresAdapter, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { DB } from './schema.gen.ts'
import type { Reader, Writer } from './types.ts'

export const isPostgres = (db: Reader) => db.getExecutor().adapter instanceof PostgresAdapter

/** `column` is one of `list`; one text for any length of the list, so that the query can be prepared. */
export function isOneOf(db: Reader, column: Expression<number>, list: number[]): RawBuilder<SqlBool> {
  return isPostgres(db)
    ? sql`${column} = any(${list}::bigint[])`
    : sql`${column} in (select value from json_each(${list}))`
}

/** Locks the rows of `table` that a select reads, until the transaction ends; on SQLite a writer is alone anyway. */
export function lockRows<Q extends { forUpdate(of: never): Q }>(db: Reader, table: string): (query: Q) => Q {
  return (query) => (isPostgres(db) ? query.forUpdate(table as never) : query)
}

/**
 * A column by which SQLite does not look rows up, for a query that finds its rows in a better way; without statistics it
 * takes any index for a good one. PostgreSQL has statistics.
 */
export const unindexed = <T>(db: Reader, column: Expression<T>): RawBuilder<T> =>
  isPostgres(db) ? sql`${column}` : sql`+${column}`

/** Takes the id that the next row of a table gets, for a row that says its own id in another column. */
export async function takeId(trx: Writer, table: keyof DB): Promise<number> {
  const next = isPostgres(trx)
    ? sql<{ id: number }>`select nextval(pg_get_serial_sequence(${table}, 'id')) as id`
    : sql<{ id: number }>`select coalesce((select seq from sqlite_sequence where name = ${table}), 0) + 1 as id`
  const { rows } = await next.execute(trx)
  return (rows[0] as { id: number }).id
}

/** After rows were given ids of their own choice: the ids that follow are larger than all of them. */
export async function advanceIds(trx: Writer, table: keyof DB): Promise<void> {
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
  const { code, constraint, message } = (error ?? {}) as { code?: unknown; constraint?: unknown; message?: unknown }
  if (code === '23505' || code === '23514') return typeof constraint === 'string' ? constraint : undefined
  if (typeof code !== 'string' || typeof message !== 'string') return undefined
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
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return code === '23503' || (String(code).startsWith('SQLITE_') && message === 'FOREIGN KEY constraint failed')
}

const columnsOf = (message: string) => message.replace(/^UNIQUE constraint failed: /, '').split(', ')

/** SQLite names the columns (`stock.product_id, stock.location_id`), from which the constraint has its name. */
function nameOf([first = '', ...rest]: string[]): string {
  return [first.replace('.', '_'), ...rest.map((column) => column.slice(column.indexOf('.') + 1)), 'unique'].join('_')
}

/** Keeps rows of `table` from being locked by another transaction until this one ends; any number may do so at once. */
export function shareRows<Q extends { forKeyShare(of: never): Q }>(db: Reader, table: string): (query: Q) => Q {
  return (query) => (isPostgres(db) ? query.forKeyShare(table as never) : query)
}
