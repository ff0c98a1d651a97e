import type { Store } from '../../src/db/types.ts'
import { identityKey, searchKey } from '../../src/values/text.ts'
import { now } from '../../src/values/time.ts'

export interface Shop {
  /** Ids of the products, in order. */
  products: number[]
  /** Ids of the locations: the default one, then the others. */
  locations: number[]
}

/**
 * Puts a category, products without stock and locations straight into the tables.
 *
 * @param decimals of each product's unit, in order
 */
export async function seedShop(store: Store, decimals: number[] = [0], otherLocations = 1): Promise<Shop> {
  const created_at = now()
  const times = { created_at, updated_at: created_at }
  return await store.write(async (trx) => {
    const category = { name: 'Varios', name_key: 'varios', ...times }
    const { id: category_id } = await trx
      .insertInto('categories')
      .values(category)
      .returning('id')
      .executeTakeFirstOrThrow()
    const { id: main } = await trx
      .selectFrom('locations')
      .select('id')
      .where('is_default', '=', true)
      .executeTakeFirstOrThrow()
    const products: number[] = []
    for (const [index, places] of decimals.entries()) {
      const sku = `SKU-${index + 1}`
      const name = `Producto ${index + 1}`
      const keys = { sku_key: identityKey(sku), name_key: identityKey(name), search_text: searchKey(name) }
      const product = { sku, name, ...keys, price: 10_000, category_id, unit: 'unit', decimals: places, ...times }
      const { id } = await trx.insertInto('products').values(product).returning('id').executeTakeFirstOrThrow()
      await trx.insertInto('product_costs').values({ product_id: id }).execute()
      await trx
        .insertInto('stock')
        .values({ product_id: id, location_id: main, ...times })
        .execute()
      products.push(id)
    }
    const locations = [main]
    for (let index = 2; index < 2 + otherLocations; index += 1) {
      const location = {
        code: `L${index}`,
        code_key: `l${index}`,
        name: `Lugar ${index}`,
        name_key: `lugar ${index}`,
        ...times,
      }
      locations.push((await trx.insertInto('locations').values(location).returning('id').executeTakeFirstOrThrow()).id)
    }
    return { products, locations }
  })
}
