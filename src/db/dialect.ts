import { type Expression, PostgresAdapter, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Reader } from './types.ts'

const isPostgres = (db: Reader) => db.getExecutor().adapter instanceof PostgresAdapter

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
 * Rows whose `search_text` holds `term` as it stands. From three characters on the trigram index of the engine
 * finds them; shorter ones are looked for in every row.
 *
 * @param term folded by `searchKey`, so that case and accents do not count
 */
export function textContains(
  db: Reader,
  column: Expression<string>,
  id: Expression<number>,
  term: string,
): RawBuilder<SqlBool> {
  if (isPostgres(db)) {
    return sql`${column} like ${`%${term.replaceAll(/[\\%_]/g, '\\$&')}%`} escape '\\'`
  }
  if ([...term].length < 3) return sql`instr(${column}, ${term}) > 0`
  const phrase = `"${term.replaceAll('"', '""')}"`
  return sql`${id} in (select rowid from products_search where products_search match ${phrase})`
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
      return message
    case 'SQLITE_CONSTRAINT_PRIMARYKEY':
    case 'SQLITE_CONSTRAINT_ROWID':
      return `${columnsOf(message)[0]?.split('.', 1)[0]}_pkey`
    case 'SQLITE_CONSTRAINT_UNIQUE':
      return nameOf(columnsOf(message))
    default:
      return undefined
  }
}

const columnsOf = (message: string) => message.replace(/^UNIQUE constraint failed: /, '').split(', ')

/** SQLite names the columns (`stock.product_id, stock.location_id`), from which the constraint has its name. */
function nameOf([first = '', ...rest]: string[]): string {
  return [first.replace('.', '_'), ...rest.map((column) => column.slice(column.indexOf('.') + 1)), 'unique'].join('_')
}
