import { type Static, Type } from '@sinclair/typebox'
import { ListQuery, PageQuery } from '../../../http/paging.ts'
import {
  Closed,
  Component,
  DateTime,
  Id,
  PageOf,
  PatchOf,
  Quantity,
  Ref,
  StringEnum,
  Version,
} from '../../../http/schema.ts'

export const status = (options: object = {}) =>
  StringEnum(['ok', 'low', 'out'], {
    description: 'out: nothing available; low: available, but not more than `min_stock`; ok: more.',
    examples: ['ok'],
    ...options,
  })

/** Thousandths up to the largest exact integer: what all locations together may come to. */
const MAX_SUM = 9_007_199_254_740

/** A quantity in an answer, which may be short: below zero when more is promised than there is. */
export const Available = (description: string) =>
  Type.Number({ minimum: -1_000_000_000, maximum: 1_000_000_000, description, examples: [12] })

/**
 * On hand in an answer. By the effective clock the past may show less than nothing: a departure may be recorded as
 * earlier than the arrival it took from.
 */
export const OnHand = (description: string) =>
  Type.Number({ minimum: -MAX_SUM, maximum: MAX_SUM, description, examples: [12] })

export const StockLevel = Component(
  'StockLevel',
  Type.Object(
    {
      id: Id({ description: 'Level.' }),
      product_id: Id({ description: 'Product.' }),
      product_sku: Type.String({ description: 'SKU of the product.', examples: ['TOR-M8-50'] }),
      product_name: Type.String({ description: 'Name of the product.', examples: ['Tornillo M8 × 50'] }),
      unit: Type.String({ description: 'What one is of the product.', examples: ['unit'] }),
      location_id: Id({ description: 'Location.' }),
      location_code: Type.String({ description: 'Code of the location.', examples: ['MAIN'] }),
      quantity: OnHand(
        'On hand: the sum of all lines of the ledger. Never below 0 now; with `as_of`, where effective times say that more had left than had come.',
      ),
      reserved: Quantity({
        description: 'Promised; 0 with `as_of`, for promises are not part of the ledger.',
        examples: [0],
      }),
      available: Available('On hand less reserved.'),
      incoming: Quantity({ description: 'Ordered from suppliers and not yet received.', examples: [0] }),
      min_stock: Quantity({ description: 'At or below this, the level is low.', examples: [5] }),
      reorder_quantity: Quantity({ description: 'How much to order then.', examples: [20] }),
      status: status(),
      version: Version(),
      updated_at: DateTime({ description: 'When it last changed.' }),
    },
    { description: 'Stock of one product at one location.' },
  ),
)
export type StockLevel = Static<typeof StockLevel>

export const StockLevelPage = PageOf('StockLevelPage', StockLevel)

export const StockLevelPatch = Component(
  'StockLevelPatch',
  PatchOf(
    Closed({
      min_stock: Quantity({ description: 'At or below this, the level is low.', examples: [5] }),
      reorder_quantity: Quantity({ description: 'How much to order then.', examples: [20] }),
    }),
  ),
)
export type StockLevelPatch = Static<typeof StockLevelPatch>

const asOf = {
  as_of: Type.Optional(
    DateTime({
      description: 'Quantities as they were at this instant, from the ledger.',
      examples: ['2026-01-31T23:59:59.999Z'],
    }),
  ),
  clock: StringEnum(['effective', 'recorded'], {
    default: 'effective',
    description: 'With `as_of`: what had happened by then, or what was known by then.',
    examples: ['effective'],
  }),
}

export const StockQuery = ListQuery(['id', 'name', 'updated_at'], {
  product_id: Type.Optional(Id({ description: 'Only of this product.' })),
  location_id: Type.Optional(Id({ description: 'Only at this location.' })),
  category_id: Type.Optional(Id({ description: 'Only of products of this category.' })),
  status: Type.Optional(status({ description: 'Only levels of this status.' })),
  ...asOf,
})
export type StockQuery = Static<typeof StockQuery>

export const LowStockQuery = Closed({
  ...PageQuery.properties,
  location_id: Type.Optional(Id({ description: 'Only at this location.' })),
  status: Type.Optional(StringEnum(['low', 'out'], { description: 'Only low, or only out.', examples: ['low'] })),
})
export type LowStockQuery = Static<typeof LowStockQuery>

export const ProductStockQuery = Closed(asOf)
export type ProductStockQuery = Static<typeof ProductStockQuery>

export const ProductStock = Component(
  'ProductStock',
  Type.Object(
    {
      product_id: Id({ description: 'Product.' }),
      quantity: OnHand('On hand at all locations.'),
      reserved: OnHand('Promised at all locations.'),
      available: OnHand('On hand less reserved.'),
      min_stock: OnHand('The minimums of all locations together.'),
      status: status(),
      levels: Type.Array(Ref(StockLevel), { maxItems: 10_000, description: 'One for each location.' }),
    },
    { description: 'Stock of one product everywhere.' },
  ),
)
export type ProductStock = Static<typeof ProductStock>

export const levelParams = Closed({ stock_id: Id({ description: 'Level.' }) })
