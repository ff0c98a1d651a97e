import { type Expression, type SqlBool, sql } from 'kysely'
import { isOneOf, unindexed } from '../../db/dialect.ts'
import { beginAfter } from '../../db/keyset.ts'
import { preparedFamily } from '../../db/prepared.ts'
import { planTextSearch, textMatches } from '../../db/text-search.ts'
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
  filters: (typeof FILTERS)[number][]
  search: string | undefined
  /** Whether candidates are given. */
  among: boolean
  /** Whether the list begins after a row, and whether it is given up at one. */
  after: boolean
  until: boolean
}

type Values = Pick<ProductFilter, 'category_id' | 'price_min' | 'price_max' | 'updated_since'> & {
  rows: number
  after_value: string | number
  after_id: number
  until_value: string | number
  until_id: number
  ids: number[]
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
/** So many rows are read for common words before all that hold them are looked up. */
const READ_AHEAD = 2000

/**
 * One row more than the page holds.
 *
 * @param candidates from `findCandidates`, of the same snapshot
 */
export async function listProducts(
  db: Reader,
  filter: ProductFilter,
  candidates: number[] | undefined,
  { limit, after }: Paging,
): Promise<ListedProduct[]> {
  const { shape, values, search } = ask(db, filter, candidates)
  const page = { ...values, rows: limit + 1, after_value: after?.value, after_id: after?.id } as Values
  const asked = { ...shape, after: after !== undefined }
  const isChoice = search !== undefined && search.reading !== search.indexed && candidates === undefined
  if (isChoice && isInIndexOrder(asked)) {
    const rows = await readAhead(db, { ...asked, search: search.reading }, page)
    if (rows !== undefined) return rows
  }
  return await pages(db, asked, page)
}

/** How many products match. */
export async function countProducts(
  db: Reader,
  filter: ProductFilter,
  candidates: number[] | undefined,
): Promise<number> {
  const { shape, values } = ask(db, { ...filter, sort: 'id', order: 'asc' }, candidates)
  const [row] = await counts(db, shape, values)
  return row?.count ?? 0
}

function ask(db: Reader, filter: ProductFilter, candidates: number[] | undefined) {
  const { sort, order, archived, stock_status, terms } = filter
  const filters = FILTERS.filter((name) => filter[name] !== undefined)
  const search = terms.length === 0 ? undefined : planTextSearch(db, terms)
  const among = candidates !== undefined
  const words = among ? search?.reading : search?.indexed
  const shape: Shape = {
    sort,
    order,
    archived,
    stock_status,
    filters,
    search: words,
    among,
    after: false,
    until: false,
  }
  return { shape, search, values: { ...filter, ...search?.values, ids: candidates } as unknown as Values }
}

/** Whether an index gives the rows of this list in its order, words apart. */
const isInIndexOrder = ({ archived, stock_status, filters }: Shape) =>
  archived !== 'include' && stock_status === undefined && filters.every((name) => name === 'category_id')

/**
 * A page of rows that hold common words, if they are met soon: in whatever order, most often they are.
 *
 * @returns undefined when they were not
 */
async function readAhead(db: Reader, shape: Shape, values: Values): Promise<ListedProduct[] | undefined> {
  const [last] = await bounds(db, { ...shape, search: undefined }, values)
  const until = { until_value: last?.place as string | number, until_id: last?.id as number }
  const rows = await pages(db, { ...shape, until: last !== undefined }, { ...values, ...until })
  return last === undefined || rows.length === values.rows ? rows : undefined
}

/** Plans are kept for lists that are read in the order of an index, whatever the values; and for no more than those. */
const nameOf = (list: string) => (shape: Shape) => {
  const { sort, order, archived, filters, search, among, after, until } = shape
  if (search !== undefined || among || until || !isInIndexOrder(shape)) return undefined
  return ['products', list, sort, order, archived, ...filters, after ? 'after' : 'first'].join('_')
}

const bounds = preparedFamily(nameOf('bounds'), (db: Reader, shape: Shape, values: Values) =>
  inOrder(selectPlaces(db, shape, values, shape.archived === 'exclude'), shape, values)
    .limit(1)
    .offset(READ_AHEAD),
)

/** The page is cut first and names and quantities are looked up for its rows alone. */
const pages = preparedFamily(nameOf('page'), (db: Reader, shape: Shape, values: Values) => {
  const { order, archived } = shape
  const cut = (isActive: boolean) =>
    inOrder(
      selectPlaces(db, shape, values, isActive)
        .select(['p.sku', 'p.barcode', 'p.name', 'p.description', 'p.price', 'p.category_id', 'p.unit', 'p.decimals'])
        .select(['p.is_active', 'p.version', 'p.created_at', 'p.updated_at']),
      shape,
      values,
    ).limit(values.rows)
  // Each half is read in the order of its own index, which serves no list of both.
  const both = () =>
    db
      .selectFrom(cut(true).as('active'))
      .selectAll()
      .unionAll(db.selectFrom(cut(false).as('archived')).selectAll())
  const page = archived === 'include' ? (both() as ReturnType<typeof cut>) : cut(archived === 'exclude')
  return (
    db
      .selectFrom(page.as('page'))
      .innerJoin('categories as c', 'c.id', 'page.category_id')
      .selectAll('page')
      .select(['c.name as category_name', 'c.version as category_version'])
      // Not joined: PostgreSQL might read the whole table for the sake of one page.
      .select((eb) =>
        eb
          .selectFrom('product_costs as pc')
          .select('pc.quantity')
          .where('pc.product_id', '=', eb.ref('page.id'))
          .$asScalar()
          .as('quantity'),
      )
      .orderBy('page.place', order)
      .orderBy('page.id', order)
      .limit(values.rows)
  )
})

const counts = preparedFamily(
  () => undefined,
  (db: Reader, shape: Shape, values: Values) => {
    const { archived } = shape
    const isActive = archived === 'include' ? undefined : archived === 'exclude'
    return db
      .selectFrom(selectPlaces(db, shape, values, isActive).as('matching'))
      .select((eb) => eb.fn.countAll<number>().as('count'))
  },
)

/** Begins where the page before ended; `until` gives up at a row. */
function inOrder<Q extends Parameters<typeof beginAfter>[0]>(query: Q, shape: Shape, values: Values): Q {
  const { sort, order } = shape
  const after = shape.after ? { value: values.after_value, id: values.after_id } : undefined
  return beginAfter(query, { column: SORTS[sort], id: 'p.id', order, after }) as unknown as Q
}

/** Id and sort value of the rows that match. */
function selectPlaces(db: Reader, shape: Shape, values: Values, isActive: boolean | undefined) {
  const { filters, stock_status, among, search } = shape
  const column = sql.ref<string | number>(SORTS[shape.sort])
  let query = db.selectFrom('products as p').select(['p.id', column.as('place')])
  if (among) query = query.where((eb) => isOneOf(db, eb.ref('p.id'), values.ids))
  if (isActive !== undefined) {
    query = query.where((eb) => eb(among ? unindexed(db, eb.ref('p.is_active')) : 'p.is_active', '=', isActive))
  }
  if (filters.includes('category_id')) {
    const wanted = values.category_id as number
    query = query.where((eb) => eb(among ? unindexed(db, eb.ref('p.category_id')) : 'p.category_id', '=', wanted))
  }
  if (filters.includes('price_min')) query = query.where('p.price', '>=', values.price_min as number)
  if (filters.includes('price_max')) query = query.where('p.price', '<=', values.price_max as number)
  if (filters.includes('updated_since')) query = query.where('p.updated_at', '>=', values.updated_since as string)
  if (stock_status !== undefined) query = query.where(hasStatus(stock_status))
  if (shape.until) {
    const sign = sql.raw(shape.order === 'asc' ? '<' : '>')
    query = query.where(sql<SqlBool>`(${column}, p.id) ${sign} (${values.until_value}, ${values.until_id})`)
  }
  if (search === undefined) return query
  return query.where((eb) => textMatches(db, eb.ref('p.search_text'), eb.ref('p.id'), { shape: search, values }))
}

/** What all levels of a product together are; available is what is on hand and not reserved. */
const hasStatus = (status: 'ok' | 'low' | 'out'): Expression<SqlBool> =>
  sql<SqlBool>`(
    select case
      when coalesce(sum(s.quantity - s.reserved), 0) <= 0 then 'out'
      when sum(s.quantity - s.reserved - s.min_stock) <= 0 then 'low'
      else 'ok' end
    from stock as s where s.product_id = p.id) = ${sql.lit(status)}`
