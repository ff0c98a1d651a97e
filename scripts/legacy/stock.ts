import { actorOf } from '../../src/http/actor.ts'
import { TransactionEffect } from '../../src/http/effect.ts'
import { recordMovement } from '../../src/modules/stock/service.ts'
import { fromThousandths, MAX_THOUSANDTHS, MAX_UNITS } from '../../src/values/quantity.ts'
import { atScale, plain } from './decimals.ts'
import type { Fields } from './fields.ts'
import type { Findings } from './findings.ts'
import { type Importer, insertRows, type WriteContext, withIds } from './importer.ts'
import { nextId, type Plan } from './plan.ts'

export const stock: Importer = {
  target: 'stock',
  names: ['stocks', 'stock'],
  columns: {
    id: ['id'],
    product_id: ['product_id'],
    quantity: ['quantity'],
    min_stock: ['min_stock', 'min_quantity'],
    created_at: ['created_at'],
    updated_at: ['updated_at'],
  },
  required: ['id', 'product_id', 'quantity'],
  prepare(rows, plan, findings) {
    const known = new Set(plan.products.map(({ id }) => id))
    const levels = new Map<number, Level>()
    for (const { id, fields } of withIds(rows)) {
      const product_id = productOf(fields, known)
      const [quantity, min_stock] = [quantityOf(fields, 'quantity'), quantityOf(fields, 'min_stock')]
      const times = fields.times(plan.now)
      if (product_id === undefined) continue
      const level = levels.get(product_id)
      if (level === undefined) levels.set(product_id, { id, product_id, quantity, min_stock, times, rows: [fields] })
      else add(level, fields, quantity, min_stock)
    }
    for (const level of levels.values()) settle(level, plan, findings)
    addEmptyLevels(levels, plan, findings)
  },
  async write(trx, context) {
    const { plan, locationId } = context
    const rows = plan.levels.map(({ opening: _opening, ...level }) => ({ ...level, location_id: locationId }))
    await insertRows(trx, 'stock', rows)
    await recordOpenings(trx, context)
  },
  count: (plan) => plan.levels.length,
}

/** What the rows of one product come to, in thousandths. */
interface Level {
  id: number
  product_id: number
  quantity: bigint
  min_stock: bigint
  times: { created_at: string; updated_at: string }
  rows: Fields[]
}

function productOf(fields: Fields, known: ReadonlySet<number>): number | undefined {
  const product_id = fields.reference('product_id')
  if (product_id === null)
    fields.refuse('product_id', 'is missing: nobody knows of what this is the stock; remove the row')
  else if (product_id !== undefined && !known.has(product_id)) {
    fields.refuse('product_id', `is ${product_id}, and there is no such product: remove the row`)
  } else return product_id
  return undefined
}

/** Floating point is off by less than this where people wrote three decimals. */
const NOISE = { numerator: 1n, scale: 9 }

function quantityOf(fields: Fields, column: 'quantity' | 'min_stock'): bigint {
  const quantity = fields.decimal(column)
  if (quantity === null && column === 'quantity') {
    fields.findings.repair('Stock rows that do not say how much there is count as 0:', fields.place)
  }
  if (!quantity) return 0n
  const { units, rest } = atScale(quantity, 3)
  const size = rest.unscaled < 0n ? -rest.unscaled : rest.unscaled
  if (size * 10n ** BigInt(NOISE.scale) > NOISE.numerator * 10n ** BigInt(rest.scale)) {
    fields.refuse(column, `is ${plain(quantity)}, and at most three decimals can be counted`)
  } else if (size !== 0n) {
    const kind = 'Quantities that floating point made inexact are rounded:'
    fields.findings.repair(kind, `${fields.place}: ${plain(quantity)} becomes ${fromThousandths(Number(units))}`)
  }
  if (units > MAX_THOUSANDTHS) fields.refuse(column, `is beyond ${MAX_UNITS}, the most that is kept`)
  return units
}

function add(level: Level, fields: Fields, quantity: bigint, min_stock: bigint): void {
  level.quantity += quantity
  if (min_stock > level.min_stock) level.min_stock = min_stock
  level.rows.push(fields)
}

/** Brings a level to what can be kept, and its product to the decimals that it needs. */
function settle(level: Level, plan: Plan, findings: Findings): void {
  const { product_id, quantity, min_stock, times, rows } = level
  const [place, first] = [`product ${product_id}`, rows[0] as Fields]
  const amount = (thousandths: bigint) => fromThousandths(Number(thousandths))
  if (rows.length > 1) {
    const kind = 'Several stock rows of one product become one: quantities are added up, the largest minimum is kept:'
    findings.repair(kind, `${place}: ${rows.length} rows come to ${amount(quantity)}, at least ${amount(min_stock)}`)
  }
  if (rows.length > 1 && quantity > MAX_THOUSANDTHS)
    first.refuse('quantity', `comes to more than ${MAX_UNITS}, together with the other rows`)
  if (quantity < 0n)
    findings.repair('Less than nothing in stock starts at 0; count it:', `${place}: ${amount(quantity)}`)
  if (min_stock < 0n) findings.repair('A minimum below 0 becomes 0:', `${place}: ${amount(min_stock)}`)
  const kept = (thousandths: bigint) => (thousandths < 0n ? 0 : Number(thousandths))
  const planned = { id: level.id, product_id, min_stock: kept(min_stock), opening: kept(quantity), ...times }
  plan.levels.push(planned)
  giveDecimals(planned, plan, findings)
}

function giveDecimals(level: Plan['levels'][number], plan: Plan, findings: Findings): void {
  const decimals = Math.max(decimalsOf(level.opening), decimalsOf(level.min_stock ?? 0))
  const product = decimals === 0 ? undefined : plan.products.find(({ id }) => id === level.product_id)
  if (product === undefined) return
  product.decimals = decimals
  findings.repair('Products counted in parts get the decimals for it:', `product ${product.id}: ${decimals}`)
}

const decimalsOf = (thousandths: number): number =>
  [0, 1, 2].find((decimals) => thousandths % 10 ** (3 - decimals) === 0) ?? 3

function addEmptyLevels(levels: ReadonlyMap<number, Level>, plan: Plan, findings: Findings): void {
  let id = nextId(plan.levels)
  for (const product of plan.products) {
    if (levels.has(product.id)) continue
    const times = { created_at: plan.now, updated_at: plan.now }
    plan.levels.push({ id, product_id: product.id, min_stock: 0, opening: 0, ...times })
    findings.repair('Products without a stock row get an empty level:', `product ${product.id}`)
    id += 1
  }
}

/** As many lines as a movement may have. */
const LINES = 200

/** What is on hand comes in by receipts that cost nothing, so that the ledger explains it from its first line on. */
async function recordOpenings(trx: Parameters<Importer['write']>[0], { plan, actorId, locationId }: WriteContext) {
  const lines = plan.levels
    .filter(({ opening }) => opening > 0)
    .map(({ product_id, opening }) => ({ product_id, quantity: fromThousandths(opening), location_id: locationId }))
  // The plan's own owner of the opening balances: somebody who may do everything here.
  const effect = new TransactionEffect(trx, { actor: actorOf({ id: actorId, username: '', role: 'admin' }) })
  for (let from = 0; from < lines.length; from += LINES) {
    await recordMovement(effect, {
      type: 'receipt',
      reason: 'Opening balance',
      note: 'Taken over from the Flask system; what it cost is not known.',
      lines: lines.slice(from, from + LINES),
    })
  }
}
