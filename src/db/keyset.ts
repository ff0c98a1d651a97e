import { type OrderByDirection, type SelectQueryBuilder, sql } from 'kysely'
import type { Operand } from './types.ts'

export interface Keyset {
  /** Qualified column the rows are ordered by, from a closed list and never from a request. */
  column: string
  /** Qualified id column, which breaks ties. */
  id: string
  order: OrderByDirection & ('asc' | 'desc')
  /** The last row of the page before. */
  after: { value: Operand<string | number>; id: Operand<number> } | undefined
  limit: number
}

/**
 * Orders a query and lets it begin after a row, so that a page deep in a list costs what the first one does, and no row
 * is repeated or left out. Reads one row more than the limit, which tells whether there is a next page.
 */
export const keyset = <DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  { limit, ...place }: Keyset,
): SelectQueryBuilder<DB, TB, O> => beginAfter(query, place).limit(limit + 1)

/** The order of a keyset and where it begins, without its limit. */
export function beginAfter<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  { column, id, order, after }: Omit<Keyset, 'limit'>,
): SelectQueryBuilder<DB, TB, O> {
  const direction = sql.raw(order)
  let page = query.orderBy(sql`${sql.ref(column)} ${direction}`)
  if (id !== column) page = page.orderBy(sql`${sql.ref(id)} ${direction}`)
  if (after) {
    const sign = sql.raw(order === 'asc' ? '>' : '<')
    page =
      id === column
        ? page.where(sql<boolean>`${sql.ref(id)} ${sign} ${after.id}`)
        : page.where(sql<boolean>`(${sql.ref(column)}, ${sql.ref(id)}) ${sign} (${after.value}, ${after.id})`)
  }
  return page
}
