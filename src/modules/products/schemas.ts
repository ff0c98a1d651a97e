import { type Static, Type } from '@sinclair/typebox'
import { archivedFilter, ListQuery } from '../../http/paging.ts'
import {
  Amount,
  Closed,
  Component,
  DateTime,
  Id,
  Money,
  Nullable,
  PageOf,
  PatchOf,
  Quantity,
  StringEnum,
  Text,
  Version,
} from '../../http/schema.ts'
import { MAX_BARCODE } from '../../values/barcode.ts'

const MAX_SKU = 64
const BARCODE =
  'Unique. Only digits, 8, 12, 13 or 14 of them, are an EAN or UPC and need their check digit; anything else is taken as Code 128.'
const UNIT = 'What one of it is: a piece, a kilogram, a metre.'
const DECIMALS = 'Decimals of the unit that can be counted.'

export const Product = Component(
  'Product',
  Type.Object(
    {
      id: Id({ description: 'Product.' }),
      sku: Type.String({
        description: 'Unique without regard to case, width and white space.',
        examples: ['TOR-M8-40'],
      }),
      barcode: Nullable(Type.String({ description: BARCODE, examples: ['7501031311309'] })),
      name: Type.String({ description: 'What people call it.', examples: ['Tornillo M8 × 40'] }),
      description: Type.String({
        description: 'Free text; may be empty.',
        examples: ['Acero cincado, cabeza hexagonal'],
      }),
      price: Amount({ description: 'Sales price of one unit.', examples: ['19.99'] }),
      currency: Type.String({ description: 'Currency of the price (ISO 4217).', examples: ['EUR'] }),
      category_id: Id({ description: 'Category it is in.' }),
      category_name: Type.String({ description: 'Name of that category.', examples: ['Ferretería'] }),
      unit: Type.String({ description: UNIT, examples: ['unit'] }),
      decimals: Type.Integer({ format: 'int32', minimum: 0, maximum: 3, description: DECIMALS, examples: [0] }),
      quantity: Quantity({
        maximum: 9_007_199_254_740,
        description: 'On hand now, at all locations together.',
        examples: [0],
      }),
      is_active: Type.Boolean({ description: 'False once it is archived.', examples: [true] }),
      version: Version(),
      created_at: DateTime({ description: 'When it was made.' }),
      updated_at: DateTime({ description: 'When it was last changed.' }),
    },
    { description: 'A thing that is stocked.' },
  ),
)
export type Product = Static<typeof Product>

const sku = Text({
  minLength: 1,
  maxLength: MAX_SKU,
  description: 'Unique without regard to case, width and white space; made from the id when absent.',
  examples: ['TOR-M8-40'],
})
const fields = {
  name: Text({ minLength: 1, maxLength: 200, description: 'What people call it.', examples: ['Tornillo M8 × 40'] }),
  price: Money({ description: 'Sales price of one unit, as text so that no decimal is lost.', examples: ['19.99'] }),
  category_id: Id({ description: 'Category it is in.' }),
  sku: Type.Optional(sku),
  barcode: Type.Optional(
    Nullable(Text({ minLength: 1, maxLength: MAX_BARCODE, description: BARCODE, examples: ['7501031311309'] })),
  ),
  description: Type.Optional(
    Text({
      maxLength: 2000,
      lines: true,
      default: '',
      description: 'Free text.',
      examples: ['Acero cincado, cabeza hexagonal'],
    }),
  ),
  unit: Type.Optional(Text({ minLength: 1, maxLength: 16, default: 'unit', description: UNIT, examples: ['unit'] })),
  decimals: Type.Optional(
    Type.Integer({ format: 'int32', minimum: 0, maximum: 3, default: 0, description: DECIMALS, examples: [0] }),
  ),
}

export const NewProduct = Component('NewProduct', Closed(fields, { description: 'A product to make.' }))
export type NewProduct = Static<typeof NewProduct>

export const ProductPatch = Component('ProductPatch', PatchOf(Closed(fields)))
export type ProductPatch = Static<typeof ProductPatch>

export const ProductPage = PageOf('ProductPage', Product)

export const ProductQuery = ListQuery(['name', 'sku', 'price', 'created_at', 'updated_at', 'id'], {
  q: Type.Optional(
    Text({
      maxLength: 200,
      lines: true,
      description:
        'Words that name, SKU, barcode or description hold, each as it stands, without regard to case and accents.',
      examples: ['tornillo m8'],
    }),
  ),
  category_id: Type.Optional(Id({ description: 'Only products of this category.' })),
  price_min: Type.Optional(Money({ description: 'Only products that cost this or more.', examples: ['5'] })),
  price_max: Type.Optional(Money({ description: 'Only products that cost this or less.', examples: ['20'] })),
  stock_status: Type.Optional(
    StringEnum(['ok', 'low', 'out'], {
      description:
        'By what is available at all locations together: `out` nothing, `low` not more than the minimums, `ok` more.',
      examples: ['low'],
    }),
  ),
  archived: archivedFilter('products'),
  updated_since: Type.Optional(
    DateTime({ description: 'Only products changed at this time or later.', examples: ['2026-01-31T12:00:00Z'] }),
  ),
})
export type ProductQuery = Static<typeof ProductQuery>

export const productParams = Closed({ product_id: Id({ description: 'Product.' }) })

/** A SKU or barcode in an address, as it was typed or scanned. */
export const skuParams = Closed({
  sku: Text({ minLength: 1, maxLength: MAX_SKU, description: 'SKU, in any case.', examples: ['TOR-M8-40'] }),
})
export const barcodeParams = Closed({
  barcode: Text({
    minLength: 1,
    maxLength: MAX_BARCODE,
    description: 'Barcode as it was scanned.',
    examples: ['7501031311309'],
  }),
})
