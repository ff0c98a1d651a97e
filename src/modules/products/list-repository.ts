import { type Expression, type SqlBool, sql } from 'kysely'
import { beginAfter } from '../../db/keyset.ts'
import { preparedFamily } from '../../db/prepared.ts'
import { planTextSearch, type TextSearch, textMatches } from '../../db/text-search.ts'
import type { Reader } from '../../db/types.ts'
import type { Paging } from '../../http/paging.ts'
import type { ProductRow } from './repository.ts'
import type { ProductQuery } from './schemas.ts'

/** A list as the database is asked for it: amounts in ten-thousandths, instants in their one form, words folded. */
export type ProductFilter = Pick<ProductQuery, 'sort' | 'order' | 'archived' | 'category_id' | 'stock_status'> & {
  price_min?: number
  price_max?: number
  updated_since?: string
  terms: string[]
}

/** What decides the text of a query; everything else is a parameter. */
interface Shape extends Pick<ProductFilter, 'sort' | 'order' | 'archived' | 'stock_status'> {
  search: string | undefined
  after: boolean
  filters: (keyof ProductFilter)[]
}

type Values = Pick<ProductFilter, 'category_id' | 'price_min' | 'price_max' | 'updated_since'> & {
  rows: number
  after_value: string | number
  after_id: number
} & Record<string, unknown>

/** A row with the value it is sorted by, for the cursor. */
export type ListedProduct = ProductRow & { place: string | number }

const SORTS = {
  name: 'p.name_key',
  sku: 'p.sku_key',
  price: 'p.price',
  created_at: 'p.created_at',
  updated_at: 'p.updated_at',
  id: 'p.id',
} as const

const FILTERS = ['category_id', 'price_min', 'price_max', 'updated_since'] as const

/** One row more than the page holds. */
export async function listProducts(
  db: Reader,
  filter: ProductFilter,
  { limit, after }: Paging,
): Promise<ListedProduct[]> {
  const search = await planSearch(db, filter)
  const values = { ...filter, ...search?.values, rows: limit + 1, after_value: after?.value, after_id: after?.id }
  return await pages(db, shapeOf(filter, search, after !== undefined), values as unknown as Values)
}

/** How many products match. */
export async function countProducts(db: Reader, filter: ProductFilter): Promise<number> {
  const search = await planSearch(db, filter)
  const shape = { ...shapeOf(filter, search, false), sort: 'id' as const, order: 'asc' as const }
  const [row] = await counts(db, shape, { ...filter, ...search?.values } as unknown as Values)
  return row?.count ?? 0
}

const planSearch = async (db: Reader, { terms }: ProductFilter) =>
  terms.length === 0 ? undefined : await planTextSearch(db, terms)

const shapeOf = (filter: ProductFilter, search: TextSearch | undefined, after: boolean): Shape => ({
  sort: filter.sort,
  order: filter.order,
  archived: filter.archived,
  stock_status: filter.stock_status,
  search: search?.shape,
  after,
  filters: FILTERS.filter((name) => filter[name] !== undefined),
})

/** The page is cut first and names and quantities are looked up for its rows alone. */
const pages = preparedFamily((db: Reader, shape: Shape, values: Values) => {
  const { sort, order, archived } = shape
  const cut = (isActive: boolean) =>
    beginAfter(selectMatching(db, shape, values, isActive), {
      column: SORTS[sort],
      id: 'p.id',
      order,
      after: shape.after ? { value: values.after_value, id: values.after_id } : undefined,
    }).limit(values.rows)
  // Each half is read in the order of its own index, which serves no list of both.
  const both = () =>
    db
      .selectFrom(cut(true).as('active'))
      .selectAll()
      .unionAll(db.selectFrom(cut(false).as('archived')).selectAll())
  const page = archived === 'include' ? (both() as ReturnType<typeof cut>) : cut(archived === 'exclude')
  return db
    .selectFrom(page.as('page'))
    .innerJoin('categories as c', 'c.id', 'page.category_id')
    .leftJoin('product_costs as pc', 'pc.product_id', 'page.id')
    .selectAll('page')
    .select(['c.name as category_name', 'c.version as category_version', 'pc.quantity'])
    .orderBy('page.place', order)
    .orderBy('page.id', order)
    .limit(values.rows)
})

const counts = preparedFamily((db: Reader, shape: Shape, values: Values) => {
  const { archived } = shape
  const isActive = archived === 'include' ? undefined : archived === 'exclude'
  return db
    .selectFrom(selectMatching(db, shape, values, isActive).as('matching'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
})

function selectMatching(db: Reader, shape: Shape, values: Values, isActive: boolean | undefined) {
  const { filters, stock_status } = shape
  let query = db
    .selectFrom('products as p')
    .select(['p.id', 'p.sku', 'p.barcode', 'p.name', 'p.description', 'p.price', 'p.category_id', 'p.unit'])
    .select(['p.decimals', 'p.is_active', 'p.version', 'p.created_at', 'p.updated_at'])
    .select(sql<string | number>`${sql.ref(SORTS[shape.sort])}`.as('place'))
  if (isActive !== undefined) query = query.where('p.is_active', '=', isActive)
  if (filters.includes('category_id')) query = query.where('p.category_id', '=', values.category_id as number)
  if (filters.includes('price_min')) query = query.where('p.price', '>=', values.price_min as number)
  if (filters.includes('price_max')) query = query.where('p.price', '<=', values.price_max as number)
  if (filters.includes('updated_since')) query = query.where('p.updated_at', '>=', values.updated_since as string)
  if (stock_status !== undefined) query = query.where(hasStatus(stock_status))
  const { search } = shape
  if (search === undefined) return query
  return query.where((eb) => textMatches(db, eb.ref('p.search_text'), eb.ref('p.id'), { shape: search, values }))
}

/** What all levels of a product together are; available is what is on hand and not reserved. */
function hasStatus(status: 'ok' | 'low' | 'out'): Expression<SqlBool> {
  const is = sql<SqlBool>`(
    select case
      when coalesce(sum(s.quantity - s.reserved), 0) <= 0 then 'out'
      when sum(s.quantity - s.reserved - s.min_stock) <= 0 then 'low'
      else 'ok' end
    from stock as s where s.product_id = p.id) = ${sql.lit(status)}`
  if (status === 'ok') return is
  // No sum is down to its minimum unless one of its levels is, and those are found by the index of margins. Every
  // product has a level: it is made with one, and levels go only with it.
  return sql<SqlBool>`p.id in (
    select m.product_id from stock as m where m.quantity - m.reserved - m.min_stock <= 0) and ${is}`
}
