import { type AliasedExpression, type Selectable, type SqlBool, sql } from 'kysely'
import { lockRows, unindexed } from '../../../db/dialect.ts'
import { keyset, type Paging, type Place } from '../../../db/keyset.ts'
import { prepared, preparedFamily } from '../../../db/prepared.ts'
import type { Stock } from '../../../db/schema.gen.ts'
import type { Reader, Writer } from '../../../db/types.ts'
import type { StockQuery } from './schemas.ts'

export interface StockRow {
  id: number
  product_id: number
  product_sku: string
  product_name: string
  product_decimals: number
  unit: string
  location_id: number
  location_code: string
  quantity: number
  reserved: number
  min_stock: number
  reorder_quantity: number
  version: number
  updated_at: string
  /** Versions of what a level shows besides itself: the names of its product and of its location. */
  product_version: number
  location_version: number
}

/** A level with its place in a list. */
export type ListedLevel = StockRow & Place

/** An instant of the past, and by which clock. */
export interface AsOf {
  instant: string
  clock: 'effective' | 'recorded'
}

/** The levels as they are; with `asOf`, as the ledger says they were: promises are not part of it. */
function levelsTable(db: Reader, asOf: AsOf | undefined): AliasedExpression<Selectable<Stock>, 's'> {
  if (asOf === undefined) return sql.table<Selectable<Stock>>('stock').as('s')
  const clock = sql.ref(asOf.clock === 'effective' ? 'm.effective_at' : 'm.recorded_at')
  const past = db
    .selectFrom('stock as now')
    .select([
      'now.id',
      'now.product_id',
      'now.location_id',
      'now.min_stock',
      'now.reorder_quantity',
      'now.version',
      'now.created_at',
      'now.updated_at',
    ])
    .select(sql<number>`0`.as('reserved'))
    .select(
      sql<number>`cast(coalesce((
        select sum(case when x.to_location_id = ${sql.ref('now.location_id')} then x.quantity else -x.quantity end)
        from movement_lines as x join movements as m on m.id = x.movement_id
        where x.product_id = ${sql.ref('now.product_id')}
          and (x.to_location_id = ${sql.ref('now.location_id')} or x.from_location_id = ${sql.ref('now.location_id')})
          and ${clock} <= ${asOf.instant}), 0) as bigint)`.as('quantity'),
    )
  return past.as('s')
}

const selectLevels = (db: Reader, asOf?: AsOf) =>
  db
    .selectFrom(levelsTable(db, asOf))
    .innerJoin('products as p', 'p.id', 's.product_id')
    .innerJoin('locations as l', 'l.id', 's.location_id')
    .select(['s.id', 's.product_id', 'p.sku as product_sku', 'p.name as product_name'])
    .select([
      'p.decimals as product_decimals',
      'p.unit',
      's.location_id',
      'l.code as location_code',
      's.quantity',
      's.reserved',
    ])
    .select(['s.min_stock', 's.reorder_quantity', 's.version', 's.updated_at'])
    .select(['p.version as product_version', 'l.version as location_version'])

/**
 * Without the levels of archived locations, which are empty and stay so. Of the past they are part: the location may
 * have been in use then.
 */
const selectLevelsInUse = (db: Reader, asOf?: AsOf) =>
  selectLevels(db, asOf).$if(asOf === undefined, (query) => query.where('l.is_active', '=', true))

export const findLevel = prepared<{ id: number }, StockRow>('stock_find_level', (db, { id }) =>
  selectLevels(db).where('s.id', '=', id),
)

/** A level, held until the transaction ends. */
export const lockLevel = (trx: Writer, id: number): Promise<StockRow | undefined> =>
  lockRows(trx, selectLevels(trx).where('s.id', '=', id), 's').executeTakeFirst()

export const updateLevel = (
  trx: Writer,
  id: number,
  version: number,
  changes: { min_stock: number; reorder_quantity: number; updated_at: string },
) =>
  trx
    .updateTable('stock')
    .set({ ...changes, version: version + 1 })
    .where('id', '=', id)
    .execute()

const SORTS = { id: 's.id', name: 'p.name_key', updated_at: 's.updated_at' } satisfies Record<
  StockQuery['sort'],
  string
>

const AVAILABLE = sql<number>`s.quantity - s.reserved`
const STATUS = {
  out: sql<SqlBool>`${AVAILABLE} <= 0`,
  low: sql<SqlBool>`${AVAILABLE} > 0 and ${AVAILABLE} <= s.min_stock`,
  ok: sql<SqlBool>`${AVAILABLE} > 0 and ${AVAILABLE} > s.min_stock`,
}

function filtered(
  db: Reader,
  { product_id, location_id, category_id, status }: Partial<StockQuery>,
  asOf: AsOf | undefined,
) {
  let query = selectLevelsInUse(db, asOf).where('p.is_active', '=', true)
  if (product_id !== undefined) query = query.where('s.product_id', '=', product_id)
  if (location_id !== undefined) query = query.where('s.location_id', '=', location_id)
  if (category_id !== undefined) query = query.where('p.category_id', '=', category_id)
  if (status !== undefined) query = query.where(STATUS[status])
  return query
}

export const listLevels = (
  db: Reader,
  { sort, order, ...filters }: StockQuery,
  paging: Paging,
  asOf: AsOf | undefined,
): Promise<ListedLevel[]> =>
  keyset(filtered(db, filters, asOf), { column: SORTS[sort], id: 's.id', order, ...paging }).execute()

export async function countLevels(db: Reader, query: StockQuery, asOf: AsOf | undefined): Promise<number> {
  const { count } = await filtered(db, query, asOf)
    .clearSelect()
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** What a level is above its minimum; `stock_margin_index` is in this order. */
const MARGIN = sql<number>`(s.quantity - s.reserved - s.min_stock)`

interface LowFilters {
  location_id?: number
  status?: 'low' | 'out'
}

/** Levels that are low or out, the furthest below their minimum first. */
export function listLow(
  db: Reader,
  { location_id, status }: LowFilters,
  { limit, after }: Paging,
): Promise<ListedLevel[]> {
  const shape = { at: location_id !== undefined, status, after: after !== undefined }
  const values = { location_id: location_id ?? 0, margin: Number(after?.value ?? 0), id: after?.id ?? 0 }
  return lowLevels(db, shape, { ...values, limit: limit + 1 })
}

interface LowShape {
  at: boolean
  status: LowFilters['status']
  after: boolean
}

interface LowValues {
  limit: number
  location_id: number
  margin: number
  id: number
}

const lowLevels = preparedFamily<LowShape, LowValues, ListedLevel>('stock_low', {
  nameOf: ({ at, status, after }) =>
    ['stock_low', at ? 'at' : 'all', status ?? 'both', after ? 'after' : 'first'].join('_'),
  samples: () => [
    { at: false, status: undefined, after: false },
    { at: true, status: 'low', after: true },
    { at: false, status: 'out', after: false },
  ],
  build(db, { at, status, after }, values) {
    let query = selectLevels(db)
      .select(MARGIN.as('place'))
      // Nearly all are active: the index that gives few rows is that of the margins.
      .where((eb) => eb(unindexed(db, eb.ref('p.is_active')), '=', true))
      .where((eb) => eb(unindexed(db, eb.ref('l.is_active')), '=', true))
      .where(sql<SqlBool>`${MARGIN} <= 0`)
    if (at) query = query.where('s.location_id', '=', values.location_id)
    if (status !== undefined) query = query.where(STATUS[status])
    if (after) query = query.where(sql<SqlBool>`(${MARGIN}, s.id) > (${values.margin}, ${values.id})`)
    return query.orderBy(MARGIN).orderBy('s.id').limit(values.limit)
  },
})

export const listProductLevels = (db: Reader, product_id: number, asOf: AsOf | undefined): Promise<StockRow[]> =>
  selectLevelsInUse(db, asOf).where('s.product_id', '=', product_id).orderBy('s.location_id').execute()

export async function productExists(db: Reader, id: number): Promise<boolean> {
  return (await db.selectFrom('products').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
}
