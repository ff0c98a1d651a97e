import type { Paging, Place } from '../../../db/keyset.ts'
import type { Reader, Store } from '../../../db/types.ts'
import { fromAmount } from '../../../values/money.ts'
import { fromThousandths } from '../../../values/quantity.ts'
import { noLocation } from '../../locations/service.ts'
import { noProduct } from '../../products/service.ts'
import { levelKey } from '../movements/state-rules.ts'
import * as repository from './repository.ts'
import { type LedgerDifference, type LedgerProof, MAX_DIFFERENCES } from './schemas.ts'

/**
 * How many are looked at in one snapshot. What is proven is true of each product and movement by itself, so it may be
 * proven in parts; a product may have many lines, so there are few of them in a part.
 */
const PRODUCTS = 250
const MOVEMENTS = 2000

/**
 * Recomputes every balance from the lines of the ledger and compares.
 *
 * Works in parts, so that requests are served meanwhile; a movement recorded meanwhile is in a part wholly or not at all.
 */
export async function verifyLedger(store: Pick<Store, 'read'>): Promise<LedgerProof> {
  const checked = { movements: 0, lines: 0, levels: 0, reservations: 0 }
  const differences: LedgerDifference[] = []
  const [products, movements] = await store.read(async (reader) => [
    await repository.lastId(reader, 'products'),
    await repository.lastId(reader, 'movements'),
  ])
  for await (const part of parts(store, 'products', products, PRODUCTS, verifyProducts)) {
    checked.lines += part.lines
    checked.levels += part.levels
    differences.push(...part.differences)
  }
  for await (const part of parts(store, 'movements', movements, MOVEMENTS, verifyMovements)) {
    checked.movements += part.movements
    differences.push(...part.differences)
  }
  return { ok: differences.length === 0, checked, differences: differences.slice(0, MAX_DIFFERENCES) }
}

/** Goes through a table up to the row that was the last when it began, so that it ends while others write. */
async function* parts<T>(
  store: Pick<Store, 'read'>,
  table: 'products' | 'movements',
  last: number,
  count: number,
  verify: (reader: Reader, range: repository.Range) => Promise<T>,
): AsyncGenerator<T> {
  for (let from = 1; from <= last; ) {
    const { to, part } = await store.read(async (reader) => {
      const to = Math.min(last, (await repository.endOfPart(reader, table, from - 1, count)) ?? last)
      return { to, part: await verify(reader, { from, to }) }
    })
    yield part
    from = to + 1
  }
}

async function verifyProducts(reader: Reader, range: repository.Range) {
  const [levelSums, levels] = [
    await repository.sumLevels(reader, range),
    await repository.readLevelsBetween(reader, range),
  ]
  const [totalSums, totals] = [
    await repository.sumProducts(reader, range),
    await repository.readTotalsBetween(reader, range),
  ]
  const differences = [...compareLevels(levelSums, levels), ...compareTotals(totalSums, totals)]
  return { lines: totalSums.reduce((sum, row) => sum + row.lines, 0), levels: levels.length, differences }
}

type LevelSum = { product_id: number; location_id: number; quantity: number }

function* compareLevels(sums: LevelSum[], levels: (LevelSum & { reserved: number })[]): Generator<LedgerDifference> {
  const recomputed = new Map(sums.map((sum) => [levelKey(sum.product_id, sum.location_id), sum]))
  for (const { product_id, location_id, quantity, reserved } of levels) {
    const key = levelKey(product_id, location_id)
    const level = { kind: 'level', product_id, location_id } as const
    const sum = recomputed.get(key)?.quantity ?? 0
    recomputed.delete(key)
    if (sum !== quantity) yield { ...level, field: 'quantity', ...quantities(quantity, sum) }
    // No reservation exists that could explain a promise.
    if (reserved !== 0) yield { ...level, field: 'reserved', ...quantities(reserved, 0) }
  }
  for (const { product_id, location_id, quantity } of recomputed.values()) {
    if (quantity !== 0) yield { kind: 'level', product_id, location_id, field: 'quantity', ...quantities(0, quantity) }
  }
}

type TotalSum = { product_id: number; quantity: number; value: number }

function* compareTotals(sums: TotalSum[], totals: TotalSum[]): Generator<LedgerDifference> {
  const recomputed = new Map(sums.map((sum) => [sum.product_id, sum]))
  for (const { product_id, quantity, value } of totals) {
    const sum = recomputed.get(product_id) ?? { quantity: 0, value: 0 }
    recomputed.delete(product_id)
    const product = { kind: 'product', product_id } as const
    if (sum.quantity !== quantity) yield { ...product, field: 'quantity', ...quantities(quantity, sum.quantity) }
    if (sum.value !== value)
      yield { ...product, field: 'value', recorded: fromAmount(value), recomputed: fromAmount(sum.value) }
  }
  for (const { product_id, quantity, value } of recomputed.values()) {
    const product = { kind: 'product', product_id } as const
    if (quantity !== 0) yield { ...product, field: 'quantity', ...quantities(0, quantity) }
    if (value !== 0) yield { ...product, field: 'value', recorded: fromAmount(0), recomputed: fromAmount(value) }
  }
}

const quantities = (recorded: number, recomputed: number) => ({
  recorded: String(fromThousandths(recorded)),
  recomputed: String(fromThousandths(recomputed)),
})

async function verifyMovements(reader: Reader, range: repository.Range) {
  const movements = await repository.countMovementsBetween(reader, range)
  const differences: LedgerDifference[] = []
  for (const movement_id of await repository.findEmptyMovements(reader, range)) {
    differences.push({ kind: 'movement', field: 'lines', movement_id, recorded: '0', recomputed: '1' })
  }
  for (const movement_id of await repository.findBrokenReversals(reader, range)) {
    differences.push({ kind: 'movement', field: 'reversal', movement_id, recorded: 'no mirror', recomputed: 'mirror' })
  }
  return { movements, differences }
}

interface Entries {
  rows: repository.EntryRow[]
  /** Thousandths: the balance before the first row, in the order the rows are read. */
  balance: number
}

/** A product's lines backwards from now. @throws Problem `not-found` */
export async function readHistory(reader: Reader, product_id: number, paging: Paging): Promise<Entries> {
  const total = await repository.findTotal(reader, product_id)
  if (total === undefined) throw noProduct(product_id)
  const rows = await repository.listEntries(reader, product_id, undefined, { order: 'desc', ...paging })
  return { rows, balance: paging.after?.carried ?? total.quantity }
}

/** The lines that make a level, from the first. @throws Problem `not-found` */
export async function readExplanation(
  reader: Reader,
  product_id: number,
  location_id: number,
  paging: Paging,
): Promise<Entries> {
  if ((await repository.findTotal(reader, product_id)) === undefined) throw noProduct(product_id)
  if ((await repository.findPlace(reader, location_id)) === undefined) throw noLocation(location_id)
  const rows = await repository.listEntries(reader, product_id, location_id, { order: 'asc', ...paging })
  return { rows, balance: paging.after?.carried ?? 0 }
}

/** An entry with what it changed and the balance after it, in thousandths. */
export interface Balanced extends Place {
  row: repository.EntryRow
  change: number
  balance: number
  /** What the next row starts from. */
  carried: number
}

/** Gives each line the balance it led to. @param location_id of the level; undefined for all locations together */
export function balanced({ rows, balance }: Entries, order: 'asc' | 'desc', location_id?: number): Balanced[] {
  let current = balance
  return rows.map((row) => {
    const change = changeOf(row, location_id)
    if (order === 'asc') current += change
    const after = current
    if (order === 'desc') current -= change
    return { place: row.place, id: row.id, row, change, balance: after, carried: current }
  })
}

function changeOf(
  { from_location_id, to_location_id, quantity }: repository.EntryRow,
  location_id: number | undefined,
): number {
  if (location_id !== undefined) return to_location_id === location_id ? quantity : -quantity
  if (from_location_id !== null && to_location_id !== null) return 0
  return from_location_id === null ? quantity : quantity === 0 ? 0 : -quantity
}
