import type { Paging } from '../../db/keyset.ts'
import { looksForRareTerms } from '../../db/text-search.ts'
import type { ReadStore } from '../../db/types.ts'
import { invalidParameter } from '../../errors.ts'
import { toAmount } from '../../values/money.ts'
import { searchTerms } from '../../values/text.ts'
import { instantParameter } from '../../values/time.ts'
import { findCandidates } from './candidate-repository.ts'
import type { ListedProduct, ProductFilter } from './list-query-repository.ts'
import { countProducts, listProducts } from './list-repository.ts'
import type { ProductQuery } from './schemas.ts'

/**
 * Reads a page of products, and how many match when that is asked for; of one snapshot.
 *
 * @throws Problem `invalid-parameter`
 */
export async function listOf(
  store: ReadStore,
  query: ProductQuery,
  paging: Paging,
): Promise<{ rows: ListedProduct[]; total: number | undefined }> {
  const filter = toFilter(query)
  const { terms, stock_status } = filter
  const looksFirst = (terms.length > 0 && looksForRareTerms(store.engine)) || stock_status !== undefined
  if (!query.include_total && !looksFirst) {
    return { rows: await store.query((reader) => listProducts(reader, filter, undefined, paging)), total: undefined }
  }
  return await store.read(async (reader) => {
    const candidates = await findCandidates(reader, filter)
    const rows = await listProducts(reader, filter, candidates, paging)
    return { rows, total: query.include_total ? await countProducts(reader, filter, candidates) : undefined }
  })
}

function toFilter(query: ProductQuery): ProductFilter {
  const { sort, order, archived, category_id, stock_status } = query
  const price_min = query.price_min === undefined ? undefined : toAmount(query.price_min)
  const price_max = query.price_max === undefined ? undefined : toAmount(query.price_max)
  if (price_min !== undefined && price_max !== undefined && price_max < price_min) {
    throw invalidParameter('query:/price_max', 'must not be below price_min')
  }
  const updated_since = instantParameter('updated_since', query.updated_since)
  const terms = searchTerms(query.q ?? '')
  return { sort, order, archived, category_id, stock_status, price_min, price_max, updated_since, terms }
}
