import type { Insertable, Updateable } from 'kysely'
import { lockRows, shareRows, takeId } from '../../db/dialect.ts'
import { prepared } from '../../db/prepared.ts'
import type { Products } from '../../db/schema.gen.ts'
import type { Reader, Writer } from '../../db/types.ts'
import type { IdentityKeys } from './rules.ts'

/** A product as it is shown, with the name of its category and what is on hand of it, in thousandths. */
export interface ProductRow {
  id: number
  sku: string
  barcode: string | null
  name: string
  description: string
  price: number
  category_id: number
  category_name: string
  category_version: number
  unit: string
  decimals: number
  quantity: number | null
  is_active: boolean
  version: number
  created_at: string
  updated_at: string
}

const selectProducts = (db: Reader) =>
  db
    .selectFrom('products as p')
    .innerJoin('categories as c', 'c.id', 'p.category_id')
    .leftJoin('product_costs as pc', 'pc.product_id', 'p.id')
    .select(['p.id', 'p.sku', 'p.barcode', 'p.name', 'p.description', 'p.price', 'p.category_id', 'p.unit'])
    .select(['p.decimals', 'p.is_active', 'p.version', 'p.created_at', 'p.updated_at'])
    .select(['c.name as category_name', 'c.version as category_version', 'pc.quantity'])

export const findProduct = prepared<{ id: number }, ProductRow>('products_find', (db, { id }) =>
  selectProducts(db).where('p.id', '=', id),
)

export const findProductBySku = prepared<{ key: string }, ProductRow>('products_find_by_sku', (db, { key }) =>
  selectProducts(db).where('p.sku_key', '=', key),
)

export const findProductByBarcode = prepared<{ key: string }, ProductRow>('products_find_by_barcode', (db, { key }) =>
  selectProducts(db).where('p.barcode_key', '=', key),
)

export interface TakenBy extends IdentityKeys {
  id: number
  is_active: boolean
}

/** The products that have one of these keys already, at most two. */
export const findTaken = (db: Reader, { sku_key, barcode_key }: IdentityKeys, exceptId = 0): Promise<TakenBy[]> =>
  db
    .selectFrom('products')
    .select(['id', 'sku_key', 'barcode_key', 'is_active'])
    .where((eb) => eb.or([eb('sku_key', '=', sku_key), eb('barcode_key', '=', barcode_key)]))
    .where('id', '<>', exceptId)
    .orderBy('id')
    .execute()

/** A product, held until the transaction ends: no movement of it can be written meanwhile. */
export const lockProduct = (trx: Writer, id: number) =>
  lockRows(trx, trx.selectFrom('products').selectAll().where('id', '=', id), 'products').executeTakeFirst()

/** The id that the next product gets. */
export const takeProductId = (trx: Writer) => takeId(trx, 'products')

export const insertProduct = (trx: Writer, product: Insertable<Products>) =>
  trx.insertInto('products').values(product).returning('id').executeTakeFirstOrThrow()

/** @returns undefined when SKU or barcode is taken */
export const insertUnlessTaken = (trx: Writer, product: Insertable<Products>) =>
  trx
    .insertInto('products')
    .values(product)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()

/**
 * Gives a new product its first level, empty, at the default location, and its cost, nothing. They are written here and
 * not by the stock module, which depends on this one: no product may be without them, for the ledger's trigger only adds.
 */
export async function insertEmptyStock(trx: Writer, product_id: number, instant: string): Promise<void> {
  const theDefault = trx.selectFrom('locations').select('id').where('is_default', '=', true)
  const location = await shareRows(trx, theDefault, 'locations').executeTakeFirstOrThrow()
  const times = { created_at: instant, updated_at: instant }
  await trx.insertInto('product_costs').values({ product_id }).execute()
  await trx
    .insertInto('stock')
    .values({ product_id, location_id: location.id, ...times })
    .execute()
}

/** Changes a product that is held by `lockProduct`. */
export const updateProduct = (trx: Writer, id: number, version: number, changes: Updateable<Products>) =>
  trx
    .updateTable('products')
    .set({ ...changes, version: version + 1 })
    .where('id', '=', id)
    .execute()

/** Removes a product with its levels and its cost; the database refuses while anything else names it. */
export async function deleteProduct(trx: Writer, id: number): Promise<void> {
  await trx.deleteFrom('stock').where('product_id', '=', id).execute()
  await trx.deleteFrom('product_costs').where('product_id', '=', id).execute()
  await trx.deleteFrom('products').where('id', '=', id).execute()
}

/** What a product has in stock and in the ledger: thousandths, and the number of movement lines. */
export const countUses = (trx: Writer, id: number) =>
  trx
    .selectNoFrom((eb) => [
      eb
        .selectFrom('movement_lines')
        .select((lines) => lines.fn.countAll<number>().as('lines'))
        .where('product_id', '=', id)
        .$asScalar()
        .as('movement_lines'),
      sumOf(trx, 'quantity', id).as('quantity'),
      sumOf(trx, 'reserved', id).as('reserved'),
    ])
    .executeTakeFirstOrThrow()

const sumOf = (trx: Writer, column: 'quantity' | 'reserved', id: number) =>
  trx
    .selectFrom('stock')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>(column), eb.lit(0)).as('sum'))
    .where('product_id', '=', id)
    .$asScalar()

/** Whether the ledger or a level of a product holds a quantity that is no multiple of `part` thousandths. */
export async function hasFinerQuantity(trx: Writer, id: number, part: number): Promise<boolean> {
  const line = await trx
    .selectFrom('movement_lines')
    .select('id')
    .where('product_id', '=', id)
    .where((eb) => eb(eb('quantity', '%', part), '<>', 0))
    .limit(1)
    .executeTakeFirst()
  if (line !== undefined) return true
  const columns = ['quantity', 'reserved', 'min_stock', 'reorder_quantity'] as const
  const level = await trx
    .selectFrom('stock')
    .select('id')
    .where('product_id', '=', id)
    .where((eb) => eb.or(columns.map((column) => eb(eb(column, '%', part), '<>', 0))))
    .limit(1)
    .executeTakeFirst()
  return level !== undefined
}
