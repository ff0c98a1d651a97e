import { type LevelState, levelKey, type StockState } from '../../src/modules/stock/movements/state-rules.ts'

export const MAIN = 1
export const SHOP = 2
export const CLOSED = 3
/** Kilograms, with three decimals. */
export const FLOUR = 10
/** Pieces. */
export const SCREWS = 11
export const RETIRED = 12

type Level = Partial<LevelState> & Pick<LevelState, 'product_id' | 'quantity'>

/**
 * A stock of three locations and three products, as the rules of movements get it.
 *
 * @param levels at MAIN unless said; thousandths
 * @param values what each product is worth altogether, ten-thousandths; what it has altogether follows from the levels
 */
export function stockState(levels: Level[] = [], values: Record<number, number> = {}): StockState {
  const product = (id: number, sku: string, decimals: number, is_active = true) => {
    const quantity = levels
      .filter(({ product_id }) => product_id === id)
      .reduce((sum, level) => sum + level.quantity, 0)
    return { id, sku, name: sku, unit: 'pcs', decimals, is_active, quantity, value: values[id] ?? 0 }
  }
  const products = [product(FLOUR, 'FLOUR', 3), product(SCREWS, 'SCREWS', 0), product(RETIRED, 'RETIRED', 0, false)]
  const locations = [
    { id: SHOP, code: 'SHOP', is_active: true, is_default: false },
    { id: MAIN, code: 'MAIN', is_active: true, is_default: true },
    { id: CLOSED, code: 'CLOSED', is_active: false, is_default: false },
  ]
  const rows = levels.map((level) => ({ location_id: MAIN, reserved: 0, ...level }))
  return {
    products: new Map(products.map((row) => [row.id, row])),
    locations: new Map(locations.map((row) => [row.id, row])),
    levels: new Map(rows.map((row) => [levelKey(row.product_id, row.location_id), row])),
  }
}
