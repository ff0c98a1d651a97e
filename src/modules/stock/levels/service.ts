import type { Reader } from '../../../db/types.ts'
import { Problem } from '../../../errors.ts'
import type { Effect } from '../../../http/effect.ts'
import { isUnchanged } from '../../../values/changes.ts'
import { exactly, fromThousandths } from '../../../values/quantity.ts'
import { instantParameter, now } from '../../../values/time.ts'
import * as repository from './repository.ts'
import type { ProductStock, StockLevelPatch } from './schemas.ts'
import { statusOf, toLevel, toResource } from './view.ts'

/** Reads `as_of` and `clock`. @throws Problem `invalid-parameter` */
export function asOfFrom(query: { as_of?: string; clock: 'effective' | 'recorded' }): repository.AsOf | undefined {
  const instant = instantParameter('as_of', query.as_of)
  return instant === undefined ? undefined : { instant, clock: query.clock }
}

export const noLevel = (id: number) => new Problem('not-found', `There is no stock level ${id}.`)

/**
 * Sets when a level counts as low and how much to order then; a patch that changes nothing makes no new version.
 * Quantities change by movements only.
 *
 * @throws Problem `not-found`, `precondition-failed`, `validation-failed`
 */
export async function changeLevel(
  effect: Effect,
  id: number,
  patch: StockLevelPatch,
): Promise<ReturnType<typeof toResource>> {
  const { trx } = effect
  const row = await repository.lockLevel(trx, id)
  if (row === undefined) throw noLevel(id)
  effect.requireVersion(row.version)
  const product = { sku: row.product_sku, decimals: row.product_decimals }
  const read = (name: 'min_stock' | 'reorder_quantity') =>
    patch[name] === undefined ? row[name] : exactly(patch[name], product, `#/${name}`)
  const limits = { min_stock: read('min_stock'), reorder_quantity: read('reorder_quantity') }
  if (isUnchanged(row, limits)) return toResource(row)
  const changes = { ...limits, updated_at: now() }
  await repository.updateLevel(trx, id, row.version, changes)
  const after = { ...row, ...changes, version: row.version + 1 }
  effect.changed({ resource: 'stock_level', id, before: row, after })
  return toResource(after)
}

/** The stock of a product at every location, and together; undefined when there is no such product. */
export async function getProductStock(
  reader: Reader,
  product_id: number,
  asOf: repository.AsOf | undefined,
): Promise<ProductStock | undefined> {
  const rows = await repository.listProductLevels(reader, product_id, asOf)
  if (rows.length === 0 && !(await repository.productExists(reader, product_id))) return undefined
  const sum = (of: (row: repository.StockRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const [quantity, reserved, min_stock] = [
    sum((row) => row.quantity),
    sum((row) => row.reserved),
    sum((row) => row.min_stock),
  ]
  return {
    product_id,
    quantity: fromThousandths(quantity),
    reserved: fromThousandths(reserved),
    available: fromThousandths(quantity - reserved),
    min_stock: fromThousandths(min_stock),
    status: statusOf(quantity - reserved, min_stock),
    levels: rows.map(toLevel),
  }
}
