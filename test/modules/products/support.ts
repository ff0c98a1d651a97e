import type { Test } from 'tap'
import type { Engine } from '../../../src/db/types.ts'
import { buildTestApp, type TestApp } from '../../support/app.ts'
import { move } from '../../support/stock.ts'

export interface Shop extends TestApp {
  categoryId: number
  /** Makes a product, answered as it is on the wire. */
  add(fields?: Record<string, unknown>): Promise<{ id: number; sku: string; [field: string]: unknown }>
  /** Adjusts what is on hand at the default location. */
  adjust(productId: number, quantity: number): Promise<void>
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
  const adjust = async (product_id: number, quantity: number) => {
    const answer = await move(app, 'adjustment', [{ product_id, quantity }])
    if (answer.statusCode !== 201) throw new Error(answer.body)
  }
  return { ...app, categoryId, add, adjust }
}
