import { type SqlBool, sql } from 'kysely'
import { prepared } from '../../db/prepared.ts'
import { findByRareTerm } from '../../db/text-search.ts'
import type { Reader } from '../../db/types.ts'
import { type ProductFilter, SEARCH_INDEX } from './list-query-repository.ts'

/** At most this many candidates are read and sorted for the sake of one page. */
const MAX_CANDIDATES = 2000

/**
 * Products among which are all that can match, where they are few and an index finds them: they are read, checked and
 * sorted. Undefined where the list is read in its order until the page is full.
 */
export async function findCandidates(db: Reader, filter: ProductFilter): Promise<number[] | undefined> {
  const { terms, stock_status } = filter
  const byText = terms.length === 0 ? undefined : await findByRareTerm(db, SEARCH_INDEX, terms, MAX_CANDIDATES)
  const byStock = stock_status === 'low' || stock_status === 'out' ? await findShort(db) : undefined
  if (byText === undefined || byStock === undefined) return byText ?? byStock
  const short = new Set(byStock)
  return byText.filter((id) => short.has(id))
}

/**
 * No product is low or out unless one of its levels is down to its minimum, and those an index finds. Every product has
 * a level: it is made with one, and levels go only with it.
 */
const findShortLevels = prepared<{ rows: number }, { product_id: number }>('products_short_levels', (db, { rows }) =>
  db
    .selectFrom('stock as m')
    .select('m.product_id')
    .where(sql<SqlBool>`m.quantity - m.reserved - m.min_stock <= 0`)
    .limit(rows),
)

async function findShort(db: Reader): Promise<number[] | undefined> {
  const levels = await findShortLevels(db, { rows: MAX_CANDIDATES + 1 })
  return levels.length > MAX_CANDIDATES ? undefined : levels.map((level) => level.product_id)
}
