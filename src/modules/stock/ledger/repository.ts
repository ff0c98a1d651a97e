import { sql } from 'kysely'
import { keyset, type Paging, type Place } from '../../../db/keyset.ts'
import type { Reader } from '../../../db/types.ts'

/** A range of ids, both ends included. */
export interface Range {
  from: number
  to: number
}

/** The largest id of a table, 0 when it is empty. */
export async function lastId(db: Reader, table: 'products' | 'movements'): Promise<number> {
  const row = await db
    .selectFrom(table)
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirstOrThrow()
  return row.id ?? 0
}

/** The last of the next `count` ids of a table after one; undefined when there are none. */
export async function endOfPart(
  db: Reader,
  table: 'products' | 'movements',
  after: number,
  count: number,
): Promise<number | undefined> {
  const next = db.selectFrom(table).select('id').where('id', '>', after).orderBy('id').limit(count)
  const row = await db
    .selectFrom(next.as('next'))
    .select((eb) => eb.fn.max<number | null>('next.id').as('id'))
    .executeTakeFirst()
  return row?.id ?? undefined
}

/** What the lines make of each level of these products. */
export async function sumLevels(db: Reader, { from, to }: Range) {
  const { rows } = await sql<{ product_id: number; location_id: number; quantity: number }>`
    select product_id, location_id, cast(sum(quantity) as bigint) as quantity from (
      select product_id, to_location_id as location_id, quantity from movement_lines
        where to_location_id is not null and product_id between ${from} and ${to}
      union all
      select product_id, from_location_id, -quantity from movement_lines
        where from_location_id is not null and product_id between ${from} and ${to}
    ) as flows group by product_id, location_id order by product_id, location_id`.execute(db)
  return rows
}

/** What the lines make of the totals of each of these products, and how many they are. */
export async function sumProducts(db: Reader, { from, to }: Range) {
  const { rows } = await sql<{ product_id: number; quantity: number; value: number; lines: number }>`
    select product_id, count(*) as lines,
      cast(sum(case when from_location_id is null then quantity when to_location_id is null then -quantity else 0 end) as bigint) as quantity,
      cast(sum(case when from_location_id is null then value when to_location_id is null then -value else 0 end) as bigint) as value
    from movement_lines where product_id between ${from} and ${to} group by product_id order by product_id`.execute(db)
  return rows
}

export const readLevelsBetween = (db: Reader, { from, to }: Range) =>
  db
    .selectFrom('stock')
    .select(['product_id', 'location_id', 'quantity', 'reserved'])
    .where('product_id', '>=', from)
    .where('product_id', '<=', to)
    .execute()

export const readTotalsBetween = (db: Reader, { from, to }: Range) =>
  db.selectFrom('product_costs').selectAll().where('product_id', '>=', from).where('product_id', '<=', to).execute()

export async function countMovementsBetween(db: Reader, { from, to }: Range): Promise<number> {
  const { count } = await db
    .selectFrom('movements')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('id', '>=', from)
    .where('id', '<=', to)
    .executeTakeFirstOrThrow()
  return count
}

/** Movements without a line. */
export async function findEmptyMovements(db: Reader, { from, to }: Range): Promise<number[]> {
  const rows = await db
    .selectFrom('movements as m')
    .leftJoin('movement_lines as x', 'x.movement_id', 'm.id')
    .select('m.id')
    .where('m.id', '>=', from)
    .where('m.id', '<=', to)
    .where('x.id', 'is', null)
    .orderBy('m.id')
    .execute()
  return rows.map((row) => row.id)
}

/** Reversals whose lines, together with those they take back, do not come to nothing at every level. */
export async function findBrokenReversals(db: Reader, { from, to }: Range): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct id from (
      select r.id, x.product_id, l.id as location_id, sum(case when x.to_location_id = l.id then x.quantity else -x.quantity end) as rest
      from movements as r
      join movement_lines as x on x.movement_id in (r.id, r.reversal_of)
      join locations as l on l.id = x.to_location_id or l.id = x.from_location_id
      where r.reversal_of is not null and r.id between ${from} and ${to}
      group by r.id, x.product_id, l.id
    ) as sums where rest <> 0 order by id`.execute(db)
  return rows.map((row) => row.id)
}

export interface EntryRow extends Place {
  movement_id: number
  line_number: number
  type: string
  reason: string
  reference: string
  from_location_id: number | null
  to_location_id: number | null
  quantity: number
  actor_id: number
  reversal_of: number | null
  effective_at: string
  recorded_at: string
}

/**
 * Lines of a product, at one location or at all, in the order of the ledger or backwards.
 *
 * @param after the last line of the page before
 */
export function listEntries(
  db: Reader,
  product_id: number,
  location_id: number | undefined,
  page: Paging & { order: 'asc' | 'desc' },
): Promise<EntryRow[]> {
  let entries = db
    .selectFrom('movement_lines as x')
    .innerJoin('movements as m', 'm.id', 'x.movement_id')
    .select([
      'x.id',
      'x.movement_id',
      'x.line_number',
      'm.type',
      'm.reason',
      'm.reference',
      'x.from_location_id',
      'x.to_location_id',
    ])
    .select(['x.quantity', 'm.actor_id', 'm.reversal_of', 'm.effective_at', 'm.recorded_at'])
    .where('x.product_id', '=', product_id)
  if (location_id !== undefined) {
    entries = entries.where((eb) =>
      eb.or([eb('x.from_location_id', '=', location_id), eb('x.to_location_id', '=', location_id)]),
    )
  }
  return keyset(entries, { column: 'x.id', id: 'x.id', ...page }).execute()
}

/** On hand of a product at all locations; undefined when there is no such product. */
export const findTotal = (db: Reader, product_id: number) =>
  db.selectFrom('product_costs').select('quantity').where('product_id', '=', product_id).executeTakeFirst()

export const findPlace = (db: Reader, location_id: number) =>
  db.selectFrom('locations').select('id').where('id', '=', location_id).executeTakeFirst()
