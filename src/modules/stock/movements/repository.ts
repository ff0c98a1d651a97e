import { type Expression, expressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { isOneOf, lockRows, shareRows } from '../../../db/dialect.ts'
import { keyset, type Paging, type Place } from '../../../db/keyset.ts'
import { prepared, preparedWrite, preparedWriteFamily } from '../../../db/prepared.ts'
import { elementsOf, membersOf } from '../../../db/stand-in.ts'
import type { Operand, Reader, Writer } from '../../../db/types.ts'
import type { MovementQuery, MovementType } from './schemas.ts'
import type { LevelState, LocationState, PlannedLine, ProductState } from './state-rules.ts'

const selectProducts = (db: Reader, ids: Operand<number[]>) =>
  db
    .selectFrom('product_costs as c')
    .innerJoin('products as p', 'p.id', 'c.product_id')
    .select(['p.id', 'p.sku', 'p.name', 'p.unit', 'p.decimals', 'p.is_active', 'c.quantity', 'c.value'])
    .where((eb) => isOneOf(db, eb.ref('c.product_id'), ids))
    .orderBy('c.product_id')

/** Products with their totals. */
export const readProducts = prepared<{ ids: number[] }, ProductState>('stock_read_products', (db, { ids }) =>
  selectProducts(db, ids),
)

/**
 * Products with their totals, held until the transaction ends: whoever moves a product waits here for whoever moves it
 * now. Locked in id order, so two movements never wait for each other.
 */
export const lockProducts = prepared<{ ids: number[] }, ProductState>('stock_lock_products', (db, { ids }) =>
  shareRows(db, lockRows(db, selectProducts(db, ids), 'c'), 'p'),
)

export type LevelRow = LevelState & {
  id: number
  min_stock: number
  reorder_quantity: number
  version: number
  updated_at: string
}

/** Every level of these products. */
export const readLevels = prepared<{ ids: number[] }, LevelRow>('stock_read_levels', (db, { ids }) =>
  db
    .selectFrom('stock as s')
    .select([
      's.id',
      's.product_id',
      's.location_id',
      's.quantity',
      's.reserved',
      's.min_stock',
      's.reorder_quantity',
      's.version',
      's.updated_at',
    ])
    .where((eb) => isOneOf(db, eb.ref('s.product_id'), ids))
    .orderBy('s.product_id')
    .orderBy('s.location_id'),
)

const selectLocations = (db: Reader, ids: Operand<number[]>) =>
  db
    .selectFrom('locations as l')
    .select(['l.id', 'l.code', 'l.is_active', 'l.is_default'])
    .where((eb) => eb.or([eb('l.is_default', '=', true), isOneOf(db, eb.ref('l.id'), ids)]))

/** These locations and the default one. */
export const readLocations = prepared<{ ids: number[] }, LocationState>('stock_read_locations', (db, { ids }) =>
  selectLocations(db, ids),
)

/** The same, kept from being archived until the transaction ends. */
export const shareLocations = prepared<{ ids: number[] }, LocationState>('stock_share_locations', (db, { ids }) =>
  shareRows(db, selectLocations(db, ids), 'l'),
)

export interface MovementFields {
  type: MovementType
  reason: string
  reference: string
  note: string
  actor_id: number
  effective_at: string
  recorded_at: string
  reversal_of: number | null
  source_type: string | null
  source_id: number | null
}

export const insertMovement = preparedWrite<MovementFields, { id: number }>('stock_insert_movement', (trx, values) =>
  trx
    .insertInto('movements')
    .values({
      type: values.type,
      reason: values.reason,
      reference: values.reference,
      note: values.note,
      actor_id: values.actor_id,
      effective_at: values.effective_at,
      recorded_at: values.recorded_at,
      reversal_of: values.reversal_of,
      source_type: values.source_type,
      source_id: values.source_id,
    })
    .returning('id'),
)

/** Writes the lines of a movement in the order given; the triggers of the table move the balances with them. */
export async function insertLines(trx: Writer, movement_id: number, lines: PlannedLine[]): Promise<void> {
  const rows = lines.map(({ product, ...line }) => ({ ...line, product_id: product.id }))
  await inserts(trx, { count: lines.length }, { movement_id, lines: rows })
}

interface LineValues {
  movement_id: number
  lines: (Omit<PlannedLine, 'product'> & { product_id: number })[]
}

const MAX_PREPARED_LINES = 10

const inserts = preparedWriteFamily<{ count: number }, LineValues, unknown>('stock_insert_lines', {
  nameOf: ({ count }) => (count <= MAX_PREPARED_LINES ? `stock_insert_lines_${count}` : undefined),
  samples: () => [{ count: 1 }, { count: 2 }],
  build(trx, { count }, { movement_id, lines }) {
    const rows = elementsOf(lines, count).map((line) => {
      const { product_id, line_number, from_location_id, to_location_id, quantity, value } = membersOf(line)
      return { movement_id, product_id, line_number, from_location_id, to_location_id, quantity, value }
    })
    return trx.insertInto('movement_lines').values(rows)
  },
})

const selectMovements = (db: Reader) =>
  db
    .selectFrom('movements as m')
    .innerJoin('users as u', 'u.id', 'm.actor_id')
    .leftJoin('movements as r', 'r.reversal_of', 'm.id')
    .select(['m.id', 'm.type', 'm.reason', 'm.reference', 'm.note', 'm.effective_at', 'm.recorded_at', 'm.actor_id'])
    .select(['u.username as actor_username', 'm.reversal_of', 'r.id as reversed_by'])
    // The table takes no other.
    .$narrowType<{ type: MovementType }>()

export const findMovement = prepared<{ id: number }, MovementRow>('stock_find_movement', (db, { id }) =>
  selectMovements(db).where('m.id', '=', id),
)

export interface MovementRow {
  id: number
  type: MovementType
  reason: string
  reference: string
  note: string
  effective_at: string
  recorded_at: string
  actor_id: number
  actor_username: string
  reversal_of: number | null
  reversed_by: number | null
}

/** A movement, held until the transaction ends, so that it is reversed once. */
export function lockMovement(trx: Writer, id: number) {
  const columns = ['m.id', 'm.type', 'm.reference', 'm.reversal_of'] as const
  const movement = trx.selectFrom('movements as m').select(columns).where('m.id', '=', id)
  return lockRows(trx, movement, 'm').$narrowType<{ type: MovementType }>().executeTakeFirst()
}

export const findReversal = (db: Reader, id: number) =>
  db.selectFrom('movements').select('id').where('reversal_of', '=', id).executeTakeFirst()

const SORTS = {
  id: 'm.id',
  effective_at: 'm.effective_at',
  recorded_at: 'm.recorded_at',
} satisfies Record<MovementQuery['sort'], string>

/** @param query its instants in the form that is kept */
export function listMovements(db: Reader, query: MovementQuery, paging: Paging): Promise<(MovementRow & Place)[]> {
  const { sort, order } = query
  const movements = filtered(selectMovements(db), conditionsOf(db, query))
  return keyset(movements, { column: SORTS[sort], id: 'm.id', order, ...paging }).execute()
}

export async function countMovements(db: Reader, query: MovementQuery): Promise<number> {
  const { count } = await filtered(
    db.selectFrom('movements as m').select(sql<number>`count(*)`.as('count')),
    conditionsOf(db, query),
  ).executeTakeFirstOrThrow()
  return count
}

const filtered = <Tables, Names extends keyof Tables, Row>(
  select: SelectQueryBuilder<Tables, Names, Row>,
  conditions: Expression<SqlBool>[],
): SelectQueryBuilder<Tables, Names, Row> => conditions.reduce((query, condition) => query.where(condition), select)

/** What the filters ask of `movements as m`, in any select that has it. */
function conditionsOf(db: Reader, query: MovementQuery): Expression<SqlBool>[] {
  const eb = expressionBuilder(db.selectFrom('movements as m'))
  const { type, actor_id, reference, effective_from, effective_before, recorded_from, recorded_before } = query
  const conditions: Expression<SqlBool>[] = []
  if (type !== undefined) conditions.push(eb('m.type', '=', type))
  if (actor_id !== undefined) conditions.push(eb('m.actor_id', '=', actor_id))
  if (reference !== undefined) conditions.push(eb('m.reference', '=', reference))
  if (effective_from !== undefined) conditions.push(eb('m.effective_at', '>=', effective_from))
  if (effective_before !== undefined) conditions.push(eb('m.effective_at', '<', effective_before))
  if (recorded_from !== undefined) conditions.push(eb('m.recorded_at', '>=', recorded_from))
  if (recorded_before !== undefined) conditions.push(eb('m.recorded_at', '<', recorded_before))
  const { product_id, location_id } = query
  if (product_id === undefined && location_id === undefined) return conditions
  let lines = eb.selectFrom('movement_lines as x').select('x.id').whereRef('x.movement_id', '=', 'm.id')
  if (product_id !== undefined) lines = lines.where('x.product_id', '=', product_id)
  if (location_id !== undefined) {
    lines = lines.where((line) =>
      line.or([line('x.from_location_id', '=', location_id), line('x.to_location_id', '=', location_id)]),
    )
  }
  return [...conditions, eb.exists(lines)]
}

export interface LineRow {
  movement_id: number
  line_number: number
  product_id: number
  product_sku: string
  product_name: string
  from_location_id: number | null
  to_location_id: number | null
  quantity: number
  value: number
}

/** The lines of these movements, each in the order of the request. */
export const readLines = prepared<{ ids: number[] }, LineRow>('stock_read_lines', (db, { ids }) =>
  db
    .selectFrom('movement_lines as x')
    .innerJoin('products as p', 'p.id', 'x.product_id')
    .select(['x.movement_id', 'x.line_number', 'x.product_id', 'p.sku as product_sku', 'p.name as product_name'])
    .select(['x.from_location_id', 'x.to_location_id', 'x.quantity', 'x.value'])
    .where((eb) => isOneOf(db, eb.ref('x.movement_id'), ids))
    .orderBy('x.movement_id')
    .orderBy('x.line_number'),
)
