/** What a movement needs to know of a product: quantities in thousandths, value in ten-thousandths. */
export interface ProductState {
  id: number
  sku: string
  name: string
  unit: string
  decimals: number
  is_active: boolean
  /** On hand at all locations, and what it is worth. */
  quantity: number
  value: number
}

export interface LevelState {
  product_id: number
  location_id: number
  quantity: number
  reserved: number
}

export interface LocationState {
  id: number
  code: string
  is_active: boolean
  is_default: boolean
}

/** The stock as it is, held still until the movement is written. */
export interface StockState<Level extends LevelState = LevelState> {
  products: Map<number, ProductState>
  levels: Map<string, Level>
  locations: Map<number, LocationState>
}

export interface PlannedLine {
  product: ProductState
  from_location_id: number | null
  to_location_id: number | null
  quantity: number
  value: number
  /** Place in the request, from 1. */
  line_number: number
}

/** What is known of a line before its value is: `value` is given where it does not come from the average. */
export interface Flow extends Omit<PlannedLine, 'value'> {
  value: number | undefined
  /** JSON pointer of the line; null where the request has no lines, as for a reversal. */
  pointer: string | null
}

export const levelKey = (product_id: number, location_id: number): string => `${product_id}/${location_id}`

const EMPTY = { quantity: 0, reserved: 0 }

export const levelOf = (state: StockState, product_id: number, location_id: number) =>
  state.levels.get(levelKey(product_id, location_id)) ?? EMPTY
