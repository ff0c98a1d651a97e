import type { Writer } from '../../src/db/types.ts'
import { PASSWORD } from './accounts.ts'
import type { TestApp } from './app.ts'
import { insertMovement } from './ledger-rows.ts'

/**
 * A shop for the lists: of every filter some rows stay in and some stay out, every order differs from every other, and
 * whatever need not be unique is tied.
 */
export async function seedForLists(app: TestApp): Promise<void> {
  const make = async (path: string, body?: object) => {
    const answer = await app.call('POST', path, { body })
    if (answer.statusCode >= 300) throw new Error(`POST ${path}: ${answer.body}`)
    return answer.json()
  }
  const people = [
    { username: 'Zoe', email: 'b@example.com', first_name: 'Álvaro', role: 'viewer' },
    { username: 'bruno', email: 'YAN@example.org', last_name: 'Peña', role: 'manager' },
    { username: 'carla.m', email: 'a@example.com', first_name: 'Peñalba', last_name: 'Ruiz', role: 'user' },
  ]
  for (const person of people) {
    const { id } = await make('/users', { ...person, password: PASSWORD })
    if (person.role === 'manager') await app.call('PATCH', `/users/${id}`, { body: { is_active: false } })
  }
  const [nuts, trees, bolts] = [
    await make('/categories', { name: 'tuercas' }),
    await make('/categories', { name: 'Árboles' }),
    await make('/categories', { name: 'Bridas', description: 'De dos en dos' }),
  ]
  await make('/categories', { name: 'alambres' })
  const product = async (sku: string, name: string, price: string, category: { id: number }, more: object = {}) =>
    (await make('/products', { sku, name, price, category_id: category.id, ...more })).id as number
  const products = [
    await product('T-2', 'Tornillo', '9', nuts, { barcode: '7501031311309' }),
    await product('a-1', 'arco', '10.5', trees, { description: 'De pie o de mesa' }),
    await product('T-1', 'tornillo', '10.5001', nuts, { decimals: 2 }),
    await product('z-9', 'Árbol', '10.5', trees),
    await product('M-5', 'Ñame', '100', bolts),
    await product('B-3', 'Zapa', '2', trees),
    await product('c-7', 'Mesa', '9', bolts),
  ]
  const places = [
    await make('/locations', { code: 'b2', name: 'Zona' }),
    await make('/locations', { code: 'A1', name: 'almacén' }),
    await make('/locations', { code: 'C3', name: 'Cierre' }),
  ]
  await app.store.write((trx) => fillLedger(trx, products, [1, ...places.map((place) => place.id)]))
  for (const id of products.slice(5)) await make(`/products/${id}/archive`)
  await make(`/locations/${places[2].id}/archive`)
  await app.store.write(scatterTimes)
}

const at = (day: number) => `2025-03-0${day}T12:00:00.000Z`

interface Entry {
  type: string
  actor: 'admin' | 'supervisor'
  effective: number
  recorded: number
  reference?: string
  reversal_of?: number
  /** Product, whence, whither, thousandths. */
  lines: [number, number | null, number | null, number][]
}

/**
 * Puts movements straight into the tables. Recorded times do not follow the order of ids, as they would if the service
 * had written them: so a list by the one can be told from a list by the other.
 */
async function fillLedger(trx: Writer, products: number[], locations: number[]): Promise<void> {
  const [a = 0, b = 0, c = 0, d = 0, , f = 0] = products
  const [main = 0, zone = 0, store = 0, closed = 0] = locations
  const entries: Entry[] = [
    { type: 'receipt', actor: 'admin', effective: 3, recorded: 5, reference: 'ALB-1', lines: [[a, null, main, 10_000], [b, null, main, 5000]] },
    { type: 'receipt', actor: 'supervisor', effective: 1, recorded: 2, reference: 'ALB-2', lines: [[c, null, closed, 4250]] },
    { type: 'transfer', actor: 'supervisor', effective: 4, recorded: 5, lines: [[a, main, zone, 3000]] },
    { type: 'issue', actor: 'admin', effective: 2, recorded: 6, reference: 'alb-1', lines: [[a, zone, null, 1000]] },
    { type: 'adjustment', actor: 'supervisor', effective: 4, recorded: 7, lines: [[b, main, null, 2000]] },
    { type: 'transfer', actor: 'admin', effective: 6, recorded: 3, lines: [[c, closed, main, 4250]] },
    { type: 'count', actor: 'supervisor', effective: 5, recorded: 4, reference: 'ALB-10', lines: [[d, null, store, 2000], [a, null, main, 0]] },
    { type: 'adjustment', actor: 'admin', effective: 7, recorded: 7, reversal_of: 5, lines: [[b, null, main, 2000]] },
    { type: 'receipt', actor: 'admin', effective: 2, recorded: 1, lines: [[f, null, main, 1000], [a, null, main, 1000]] },
    { type: 'issue', actor: 'supervisor', effective: 8, recorded: 8, lines: [[f, main, null, 1000]] },
  ] // biome-ignore format: a movement a line
  const actors = await trx.selectFrom('users').select(['id', 'username_key']).execute()
  const idOf = (name: string) => actors.find((one) => one.username_key === name)?.id as number
  for (const { actor, effective, recorded, lines, reference = '', reversal_of = null, type } of entries) {
    const times = { effective_at: at(effective), recorded_at: at(recorded) }
    const movement = { type, reason: `por ${actor}`, reference, reversal_of, actor_id: idOf(actor), ...times }
    const rows = lines.map(([product_id, from_location_id, to_location_id, quantity]) => ({
      ...{ product_id, from_location_id, to_location_id, quantity },
    }))
    await insertMovement(trx, movement, rows)
  }
  const set = (product_id: number, location_id: number, amounts: { min_stock?: number; reserved?: number }) =>
    trx.updateTable('stock').set(amounts).where('product_id', '=', product_id).where('location_id', '=', location_id)
  await set(a, main, { min_stock: 8000 }).execute()
  await set(a, zone, { min_stock: 2000 }).execute()
  await set(c, main, { min_stock: 5000 }).execute()
  await set(b, main, { reserved: 5000, min_stock: 1000 }).execute()
  await set(d, main, { min_stock: 1000 }).execute()
}

/** Gives rows times that are tied, and neither in the order of ids nor the created ones in that of the updated. */
async function scatterTimes(trx: Writer): Promise<void> {
  for (const table of ['users', 'categories', 'products', 'stock'] as const) {
    const rows = await trx.selectFrom(table).select('id').orderBy('id').execute()
    for (const [index, { id }] of rows.entries()) {
      const times = { created_at: at(1 + ((index * 2 + 1) % 3)), updated_at: at(4 + ((index * index + 1) % 5)) }
      await trx.updateTable(table).set(times).where('id', '=', id).execute()
    }
  }
}
