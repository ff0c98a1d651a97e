import type { Reader, Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import { etagOf } from '../../http/etag.ts'
import { fromThousandths } from '../../values/quantity.ts'
import { now, toInstant } from '../../values/time.ts'
import * as repository from './level-repository.ts'
import { exactly } from './rules.ts'
import type { ProductStock, StockLevel, StockLevelPatch } from './schemas.ts'

/** @param available thousandths, like `minStock` */
export const statusOf = (available: number, minStock: number): StockLevel['status'] =>
  available <= 0 ? 'out' : available <= minStock ? 'low' : 'ok'

export const toLevel = (row: repository.StockRow): StockLevel => ({
  id: row.id,
  product_id: row.product_id,
  product_sku: row.product_sku,
  product_name: row.product_name,
  unit: row.unit,
  location_id: row.location_id,
  location_code: row.location_code,
  quantity: fromThousandths(row.quantity),
  reserved: fromThousandths(row.reserved),
  available: fromThousandths(row.quantity - row.reserved),
  // Nothing is ordered from suppliers before purchase orders exist.
  incoming: 0,
  min_stock: fromThousandths(row.min_stock),
  reorder_quantity: fromThousandths(row.reorder_quantity),
  status: statusOf(row.quantity - row.reserved, row.min_stock),
  version: row.version,
  updated_at: row.updated_at,
})

/** A level as one resource: the level, and a tag that also follows the names it shows. */
export const toResource = (row: repository.StockRow) => ({
  level: toLevel(row),
  etag: etagOf(row.version, row.product_version, row.location_version),
})

/** The place of a level in the list of low stock. */
export const marginOf = (row: repository.StockRow): number => row.quantity - row.reserved - row.min_stock

/** Reads `as_of` and `clock`. @throws Problem `invalid-parameter` */
export function asOfFrom(query: { as_of?: string; clock: 'effective' | 'recorded' }): repository.AsOf | undefined {
  const instant = instantFrom('as_of', query.as_of)
  return instant === undefined ? undefined : { instant, clock: query.clock }
}

/**
 * Reads an instant of a query. A format lets some pass that no calendar and no database has: the leap second, the year
 * 0, and what an offset moves beyond the year 9999.
 *
 * @throws Problem `invalid-parameter`
 */
export function instantFrom(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const instant = Number.isNaN(Date.parse(text)) ? '' : toInstant(text)
  if (/^(?!0000)\d{4}-/.test(instant)) return instant
  const detail = 'is no instant of the years 1 to 9999'
  throw new Problem('invalid-parameter', `${name} ${detail}.`, {
    errors: [{ pointer: `query:/${name}`, detail }],
  })
}

export const noProduct = (id: number) => new Problem('not-found', `There is no product ${id}.`)

export const noLevel = (id: number) => new Problem('not-found', `There is no stock level ${id}.`)

/**
 * Sets when a level counts as low and how much to order then. Quantities change by movements only.
 *
 * @throws Problem `not-found`, `precondition-failed`, `validation-failed`
 */
export async function changeLevel(
  trx: Writer,
  id: number,
  patch: StockLevelPatch,
  requireVersion: (version: number) => void,
): Promise<ReturnType<typeof toResource>> {
  const row = await repository.lockLevel(trx, id)
  if (row === undefined) throw noLevel(id)
  requireVersion(row.version)
  const product = { sku: row.product_sku, decimals: row.product_decimals }
  const read = (name: 'min_stock' | 'reorder_quantity') =>
    patch[name] === undefined ? row[name] : exactly(patch[name], product, `#/${name}`)
  const changes = { min_stock: read('min_stock'), reorder_quantity: read('reorder_quantity'), updated_at: now() }
  await repository.updateLevel(trx, id, row.version, changes)
  return toResource({ ...row, ...changes, version: row.version + 1 })
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
