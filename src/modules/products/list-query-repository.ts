import {
  type AliasedExpression,
  type Expression,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import { isOneOf, unindexed } from '../../db/dialect.ts'
import { beginAfter, type Place } from '../../db/keyset.ts'
import type { Products } from '../../db/schema.gen.ts'
import type { StandIns } from '../../db/stand-in.ts'
import { type SearchValues, textMatches } from '../../db/text-search.ts'
import type { Reader } from '../../db/types.ts'
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
export interface Shape extends Pick<ProductFilter, 'sort' | 'order' | 'archived' | 'stock_status'> {
  filters: (typeof FILTERS)[number][]
  search: string | undefined
  /** Where rows are looked for, if not in the whole list: among ids that are given, or those of a part of the query. */
  among: 'given' | 'rare' | 'next' | undefined
  /** Whether the list begins after a row, and whether it is given up at one. */
  after: boolean
  until: boolean
}

/** What a query is run with; which of it the query asks for, its shape decides. */
export interface Values
  extends Pick<ProductFilter, 'category_id' | 'price_min' | 'price_max' | 'updated_since'>,
    Partial<SearchValues> {
  after_value?: string | number
  after_id?: number
  until_value?: string | number
  until_id?: number
  ids?: number[]
}

export interface PageValues extends Values {
  rows: number
}

/** A row with the value it is sorted by, for the cursor. */
export type ListedProduct = ProductRow & Place

/** A row of few, or none, with how many products hold the rare word. */
export type RareRow = { candidates: number } & (ListedProduct | { [Column in keyof ListedProduct]: null })

const SORTS = {
  name: 'p.name_key',
  sku: 'p.sku_key',
  price: 'p.price',
  created_at: 'p.created_at',
  updated_at: 'p.updated_at',
  id: 'p.id',
} satisfies Record<ProductQuery['sort'], string>

export const FILTERS = ['category_id', 'price_min', 'price_max', 'updated_since'] as const

/** SQLite: the trigram index of `products.search_text`. */
export const SEARCH_INDEX = 'products_search'

/** At most this many of the next rows of a list are read for words before the words are looked up. */
const READ_AHEAD_ROWS = 200
/** A word that more products hold is not rare. */
export const MAX_RARE_PRODUCTS = 2000

/** Whether an index gives the rows of this list in its order, words apart. */
export const isInIndexOrder = ({ archived, stock_status, filters }: Shape) =>
  archived !== 'include' && stock_status === undefined && filters.every((name) => name === 'category_id')

/** A page with one row more than it shows. It is cut first; names and quantities are looked up for its rows alone. */
export function selectPage(db: Reader, shape: Shape, values: StandIns<PageValues>) {
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
  const page = archived === 'include' ? both().as('page') : cut(archived === 'exclude').as('page')
  return (
    db
      .selectFrom(page)
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
}

/** Begins where the page before ended; `until` gives up at a row. */
export function inOrder<Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  shape: Shape,
  values: StandIns<Values>,
): SelectQueryBuilder<Tables, Names, Row> {
  const { sort, order } = shape
  const after = shape.after ? { value: values.after_value, id: values.after_id } : undefined
  return beginAfter(query, { column: SORTS[sort], id: 'p.id', order, after })
}

/** Id and sort value of the rows that match. */
export function selectPlaces(db: Reader, shape: Shape, values: StandIns<Values>, isActive: boolean | undefined) {
  const all = sql.table<ProductColumns>('products').as('p')
  if (shape.among !== 'next') return matching(db, all, shape, values, isActive)
  const list: Shape = { ...shape, search: undefined }
  const next = matching(db, all, list, values, isActive).clearSelect().selectAll('p')
  // The same columns as in the table, of the next rows whatever words they hold.
  const some = inOrder(next, list, values).limit(sql.lit(READ_AHEAD_ROWS)).as('p')
  return matching(db, some, shape, values, isActive)
}

type ProductColumns = Selectable<Products>

function matching(
  db: Reader,
  products: AliasedExpression<ProductColumns, 'p'>,
  shape: Shape,
  values: StandIns<Values>,
  isActive: boolean | undefined,
) {
  const { filters, stock_status, among, search } = shape
  const column = sql.ref<string | number>(SORTS[shape.sort])
  const isGiven = among === 'given'
  let query = db.selectFrom(products).select(['p.id', column.as('place')])
  if (isGiven) query = query.where((eb) => isOneOf(db, eb.ref('p.id'), values.ids))
  if (among === 'rare') query = query.where(sql<SqlBool>`p.id = any ((select ids from rare)::bigint[])`)
  if (isActive !== undefined) {
    query = query.where((eb) => eb(isGiven ? unindexed(db, eb.ref('p.is_active')) : 'p.is_active', '=', isActive))
  }
  if (filters.includes('category_id')) {
    const wanted = values.category_id
    query = query.where((eb) => eb(isGiven ? unindexed(db, eb.ref('p.category_id')) : 'p.category_id', '=', wanted))
  }
  if (filters.includes('price_min')) query = query.where('p.price', '>=', values.price_min)
  if (filters.includes('price_max')) query = query.where('p.price', '<=', values.price_max)
  if (filters.includes('updated_since')) query = query.where('p.updated_at', '>=', values.updated_since)
  if (stock_status !== undefined) query = query.where(hasStatus(stock_status))
  if (shape.until) {
    const sign = sql.raw(shape.order === 'asc' ? '<' : '>')
    query = query.where(sql<SqlBool>`(${column}, p.id) ${sign} (${values.until_value}, ${values.until_id})`)
  }
  if (search === undefined) return query
  return query.where((eb) =>
    textMatches(db, { text: eb.ref('p.search_text'), id: eb.ref('p.id'), index: SEARCH_INDEX }, search, values),
  )
}

/**
 * A page among the few products that hold a rare word. It says in each row, or in one without a product, how many those
 * are; where they are more than `MAX_RARE_PRODUCTS` it looks at none of them.
 */
export function selectRare(db: Reader, shape: Shape, values: StandIns<PageValues>) {
  const order = sql.raw(shape.order)
  // The pattern comes by a select, so that a plan for any word costs what one for this word would, and is kept.
  return sql<RareRow>`
    with found as materialized (
      select array(
        select p.id from products as p
        where p.search_text like (select ${values.rare}) escape '\\' limit ${sql.lit(MAX_RARE_PRODUCTS + 1)}) as ids),
    rare as materialized (
      select ids from found where cardinality(ids) <= ${sql.lit(MAX_RARE_PRODUCTS)})
    select cardinality(found.ids) as candidates, page.*
    from found left join ${selectPage(db, { ...shape, among: 'rare' }, values)} as page on true
    order by page.place ${order}, page.id ${order}`
}

/** What all levels of a product together are; available is what is on hand and not reserved. */
const hasStatus = (status: 'ok' | 'low' | 'out'): Expression<SqlBool> =>
  sql<SqlBool>`(
    select case
      when coalesce(sum(s.quantity - s.reserved), 0) <= 0 then 'out'
      when sum(s.quantity - s.reserved - s.min_stock) <= 0 then 'low'
      else 'ok' end
    from stock as s where s.product_id = p.id) = ${sql.lit(status)}`
