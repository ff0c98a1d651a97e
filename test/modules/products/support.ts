import type { Test } from 'tap'
import type { Engine } from '../../../src/db/types.ts'
import { now } from '../../../src/values/time.ts'
import { buildTestApp, type TestApp } from '../../support/app.ts'

export interface Shop extends TestApp {
  categoryId: number
  /** Makes a product, answered as it is on the wire. */
  add(fields?: Record<string, unknown>): Promise<{ id: number; sku: string; [field: string]: unknown }>
  /** Records a movement line as the ledger does: thousandths into the default location, or out of it when negative. */
  move(productId: number, thousandths: number): Promise<void>
}

/** An app with one category. */
export async function buildShop(t: Test, engine: Engine): Promise<Shop> {
  const app = await buildTestApp(t, engine)
  const made = await app.call('POST', '/categories', { body: { name: 'Ferretería' } })
  const categoryId: number = made.json().id
  const add = async (fields: Record<string, unknown> = {}) => {
    const body = { name: 'Tornillo', price: '1.00', category_id: categoryId, ...fields }
    const answer = await app.call('POST', '/products', { body })
    if (answer.statusCode !== 201) throw new Error(answer.body)
    return answer.json()
  }
  return { ...app, categoryId, add, move: (productId, thousandths) => move(app, productId, thousandths) }
}

async function move({ store }: TestApp, product_id: number, thousandths: number): Promise<void> {
  const instant = now()
  await store.write(async (trx) => {
    const actor = await trx.selectFrom('users').select('id').where('role', '=', 'admin').executeTakeFirstOrThrow()
    const movement = await trx
      .insertInto('movements')
      .values({ type: 'adjustment', actor_id: actor.id, effective_at: instant, recorded_at: instant })
      .returning('id')
      .executeTakeFirstOrThrow()
    const ways = { from_location_id: thousandths < 0 ? 1 : null, to_location_id: thousandths < 0 ? null : 1 }
    const line = { movement_id: movement.id, line_number: 1, product_id, quantity: Math.abs(thousandths), value: 0 }
    await trx
      .insertInto('movement_lines')
      .values({ ...line, ...ways })
      .execute()
  })
}
