import { sql } from 'kysely'
import { Migrations } from '../../../src/db/migrator.ts'
import { openStore } from '../../../src/db/open.ts'
import type { Store, Writer } from '../../../src/db/types.ts'
import { parseDatabaseUrl } from '../../../src/db/url.ts'
import { identityKey, searchKey } from '../../../src/values/text.ts'

const AT = '2026-01-01T00:00:00.000Z'
const TIMES = { created_at: AT, updated_at: AT }
const CHUNK = 500

/**
 * A migrated database with so many products, each with 1000 units at the default location from one receipt, and a
 * session for the load. One level in fifty is low.
 *
 * @returns the session of an administrator
 */
export async function seed(url: string, products: number): Promise<{ userId: number; sessionId: number }> {
  const store = await openStore(parseDatabaseUrl(url), { poolSize: 2, waitMs: 60_000, onPoolError: () => {} })
  await new Migrations(store).migrate('latest')
  const actor = await store.write(seedActor)
  for (let from = 1; from <= products; from += CHUNK) {
    const ids = Array.from({ length: Math.min(CHUNK, products - from + 1) }, (_, index) => from + index)
    await store.write((trx) => seedProducts(trx, ids, actor.userId))
  }
  if (store.engine === 'postgresql') await analyze(store)
  await store.close()
  return actor
}

/** Names in an order of their own, not that of the ids. */
export const nameOf = (id: number): string =>
  `Artículo ${String((id * 7919) % 1_000_003).padStart(7, '0')} de ferretería`

async function seedActor(trx: Writer) {
  const user = { username: 'bench', username_key: 'bench', email: 'bench@example.com', email_key: 'bench@example.com' }
  const { id: userId } = await trx
    .insertInto('users')
    .values({ ...user, password_hash: '!', role: 'admin', ...TIMES })
    .returning('id')
    .executeTakeFirstOrThrow()
  const session = { user_id: userId, created_at: AT, expires_at: '2100-01-01T00:00:00.000Z' }
  const { id: sessionId } = await trx.insertInto('sessions').values(session).returning('id').executeTakeFirstOrThrow()
  for (let index = 1; index <= 20; index += 1) {
    const name = `Categoría ${index}`
    await trx
      .insertInto('categories')
      .values({ name, name_key: identityKey(name), ...TIMES })
      .execute()
  }
  return { userId, sessionId }
}

async function seedProducts(trx: Writer, ids: number[], actor_id: number): Promise<void> {
  const rows = ids.map((id) => {
    const sku = `SKU-${String(id).padStart(6, '0')}`
    const name = nameOf(id)
    const keys = {
      sku_key: identityKey(sku),
      name_key: identityKey(name),
      search_text: `${searchKey(name)}\n${searchKey(sku)}`,
    }
    return { sku, name, ...keys, price: 10_000 + id, category_id: 1 + (id % 20), unit: 'unit', decimals: 0, ...TIMES }
  })
  await trx.insertInto('products').values(rows).execute()
  await trx
    .insertInto('product_costs')
    .values(ids.map((product_id) => ({ product_id })))
    .execute()
  const levels = ids.map((product_id) => ({
    product_id,
    location_id: 1,
    min_stock: product_id % 50 === 0 ? 2_000_000_000 : 0,
    ...TIMES,
  }))
  await trx.insertInto('stock').values(levels).execute()
  const movement = { type: 'receipt', actor_id, effective_at: AT, recorded_at: AT }
  const { id: movement_id } = await trx
    .insertInto('movements')
    .values(movement)
    .returning('id')
    .executeTakeFirstOrThrow()
  const lines = ids.map((product_id, index) => ({
    movement_id,
    line_number: index + 1,
    product_id,
    to_location_id: 1,
    quantity: 1_000_000_000,
    value: 1_000_000_000,
  }))
  await trx.insertInto('movement_lines').values(lines).execute()
}

async function analyze(store: Store): Promise<void> {
  await store.exclusive(async (trx) => await sql.raw('analyze').execute(trx), 60_000)
}
