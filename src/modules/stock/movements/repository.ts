import { sql } from 'kysely'
import { isOneOf, lockRows, shareRows } from '../../../db/dialect.ts'
import { keyset, type Paging, type Place } from '../../../db/keyset.ts'
import { prepared, preparedFamily } from '../../../db/prepared.ts'
import type { Reader, Writer } from '../../../db/types.ts'
import type { MovementQuery, MovementType } from './schemas.ts'
import type { LevelState, LocationState, PlannedLine, ProductState } from './state-rules.ts'

const selectProducts = (db: Reader, ids: number[]) =>
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
  selectProducts(db, ids).$call(lockRows(db, 'c')).$call(shareRows(db, 'p')),
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

const selectLocations = (db: Reader, { ids }: { ids: number[] }) =>
  db
    .selectFrom('locations as l')
    .select(['l.id', 'l.code', 'l.is_active', 'l.is_default'])
    .where((eb) => eb.or([eb('l.is_default', '=', true), isOneOf(db, eb.ref('l.id'), ids)]))

/** These locations and the default one. */
export const readLocations = prepared<{ ids: number[] }, LocationState>('stock_read_locations', selectLocations)

/** The same, kept from being archived until the transaction ends. */
export const shareLocations = prepared<{ ids: number[] }, LocationState>('stock_share_locations', (db, values) =>
  selectLocations(db, values).$call(shareRows(db, 'l')),
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

export const insertMovement = prepared<MovementFields, { id: number }>('stock_insert_movement', (db, values) =>
  (db as Writer)
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
  const values: LineValues = { movement_id }
  for (const [index, { product, ...line }] of lines.entries()) {
    values[`product_id${index}`] = product.id
    for (const [name, value] of Object.entries(line)) values[`${name}${index}`] = value
  }
  await inserts(trx, { count: lines.length }, values)
}

type LineValues = Record<string, number | null>

const LINE_COLUMNS = ['product_id', 'line_number', 'from_location_id', 'to_location_id', 'quantity', 'value'] as const
const PREPARED_LINES = 10

const inserts = preparedFamily<{ count: number }, LineValues, unknown>(
  ({ count }) => (count <= PREPARED_LINES ? `stock_insert_lines_${count}` : undefined),
  (db, { count }, values) => {
    const rows = Array.from({ length: count }, (_, index) => ({
      movement_id: values.movement_id,
      ...Object.fromEntries(LINE_COLUMNS.map((column) => [column, values[`${column}${index}`]])),
    }))
    return (db as Writer).insertInto('movement_lines').values(rows as never)
  },
)

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
export const lockMovement = (trx: Writer, id: number) =>
  trx
    .selectFrom('movements as m')
    .select(['m.id', 'm.type', 'm.reference', 'm.reversal_of'])
    .$narrowType<{ type: MovementType }>()
    .where('m.id', '=', id)
    .$call(lockRows(trx, 'm'))
    .executeTakeFirst()

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
  return keyset(filtered(selectMovements(db), query), { column: SORTS[sort], id: 'm.id', order, ...paging }).execute()
}

export async function countMovements(db: Reader, query: MovementQuery): Promise<number> {
  const { count } = await filtered(
    db.selectFrom('movements as m').select(sql<number>`count(*)`.as('count')),
    query,
  ).executeTakeFirstOrThrow()
  return count
}

// Kysely's types cannot say "any select that has movements as m", so the builder is handed through as it is.
function filtered<Q>(select: Q, query: MovementQuery): Q {
  type Select = ReturnType<typeof selectMovements>
  const { type, actor_id, reference, product_id, location_id } = query
  const from = (select as unknown as Select)
    .$if(type !== undefined, (q) => q.where('m.type', '=', type as string))
    .$if(actor_id !== undefined, (q) => q.where('m.actor_id', '=', actor_id as number))
    .$if(reference !== undefined, (q) => q.where('m.reference', '=', reference as string))
    .$if(query.effective_from !== undefined, (q) => q.where('m.effective_at', '>=', query.effective_from as string))
    .$if(query.effective_before !== undefined, (q) => q.where('m.effective_at', '<', query.effective_before as string))
    .$if(query.recorded_from !== undefined, (q) => q.where('m.recorded_at', '>=', query.recorded_from as string))
    .$if(query.recorded_before !== undefined, (q) => q.where('m.recorded_at', '<', query.recorded_before as string))
  if (product_id === undefined && location_id === undefined) return from as unknown as Q
  return from.where(({ exists, selectFrom }) =>
    exists(
      selectFrom('movement_lines as x')
        .select('x.id')
        .whereRef('x.movement_id', '=', 'm.id')
        .$if(product_id !== undefined, (q) => q.where('x.product_id', '=', product_id as number))
        .$if(location_id !== undefined, (q) =>
          q.where((eb) =>
            eb.or([
              eb('x.from_location_id', '=', location_id as number),
              eb('x.to_location_id', '=', location_id as number),
            ]),
          ),
        ),
    ),
  ) as unknown as Q
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
