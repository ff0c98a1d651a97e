import { etagOf } from '../../http/etag.ts'
import { fromAmount } from '../../values/money.ts'
import { fromThousandths } from '../../values/quantity.ts'
import type { ProductRow } from './repository.ts'
import type { Product } from './schemas.ts'

/** @param currency of the installation: prices have no other */
export const toProduct = (row: ProductRow, currency: string): Product => ({
  id: row.id,
  sku: row.sku,
  barcode: row.barcode,
  name: row.name,
  description: row.description,
  price: fromAmount(row.price),
  currency,
  category_id: row.category_id,
  category_name: row.category_name,
  unit: row.unit,
  decimals: row.decimals,
  quantity: fromThousandths(row.quantity ?? 0),
  is_active: row.is_active,
  version: row.version,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

/** Besides the version, the quantity and the category's name are shown, which change without it. */
export const etagOfProduct = (row: ProductRow): string => etagOf(row.version, row.quantity ?? 0, row.category_version)
