import { type OrderByDirection, type SelectQueryBuilder, sql } from 'kysely'
import type { Operand, Reader, ReadStore } from './types.ts'

/** Where a page starts: after the row with this sort value and this id. */
export interface After {
  value: string | number
  id: number
  /** What a list carries from page to page besides, such as a running balance. */
  carried?: number
}

export interface Paging {
  limit: number
  after: After | undefined
}

/** A row with its place in the list: the value it is sorted by, and its id. */
export interface Place {
  place: string | number
  id: number
}

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
 * is repeated or left out. Reads one row more than the limit, which tells whether there is a next page, and with each row
 * its `place`, from which the next page begins.
 */
export const keyset = <DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>, { limit, ...place }: Keyset) =>
  beginAfter(query, place)
    .select(sql.ref<string | number>(place.column).as('place'))
    .limit(limit + 1)

/**
 * Reads a page, and how many rows there are in all pages if that is asked for; of one snapshot.
 *
 * @param list reads one row more than the limit
 */
export async function readPage<Row>(
  store: Pick<ReadStore, 'read'>,
  { include_total }: { include_total: boolean },
  list: (reader: Reader) => Promise<Row[]>,
  count: (reader: Reader) => Promise<number>,
): Promise<{ rows: Row[]; total?: number }> {
  return await store.read(async (reader) => {
    const rows = await list(reader)
    return include_total ? { rows, total: await count(reader) } : { rows }
  })
}

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
