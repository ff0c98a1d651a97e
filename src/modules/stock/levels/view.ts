import { etagOf } from '../../../http/etag.ts'
import { fromThousandths } from '../../../values/quantity.ts'
import type { StockRow } from './repository.ts'
import type { StockLevel } from './schemas.ts'

/** @param available thousandths, like `minStock` */
export const statusOf = (available: number, minStock: number): StockLevel['status'] =>
  available <= 0 ? 'out' : available <= minStock ? 'low' : 'ok'

export const toLevel = (row: StockRow): StockLevel => ({
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
export const toResource = (row: StockRow) => ({
  level: toLevel(row),
  etag: etagOf(row.version, row.product_version, row.location_version),
})
