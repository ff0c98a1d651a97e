import { type Test, test } from 'tap'
import type { Engine } from '../../src/db/types.ts'
import { verifyLedger } from '../../src/modules/stock/ledger/service.ts'
import { logIn } from '../support/accounts.ts'
import { onEveryEngine } from '../support/app.ts'
import { engines } from '../support/databases.ts'
import { everythingIn, importLegacy, onPostgres, sample, serviceOn } from '../support/legacy.ts'
import { storeFor } from '../support/stores.ts'

async function imported(t: Test, engine: Engine, from: string) {
  const { database, store } = await storeFor(t, engine)
  const { code, said } = await importLegacy(database.url, '--from', from, '--yes')
  t.equal(code, 0, said)
  t.match(said, /every balance is proven/)
  t.notMatch(said, /WRONG|pbkdf2|scrypt/)
  const proof = await verifyLedger(store)
  t.ok(proof.ok)
  return { said, url: database.url, store, rows: await everythingIn(store) }
}

/** Makes one of everything, as the administrator; the ids follow those that were imported. */
async function goOn(t: Test, url: string, token: string, last: Record<string, number>) {
  const { call } = await serviceOn(t, url)
  const made = async (path: string, body: object) => {
    const answer = await call(token, 'POST', path, body)
    t.equal(answer.statusCode, 201, answer.body)
    return answer.json()
  }
  const category = await made('/categories', { name: 'Una más' })
  t.equal(category.id, last.categories)
  const product = await made('/products', { name: 'Uno más', price: '1.00', category_id: category.id })
  t.equal(product.id, last.products)
  t.equal(product.sku, `P-${String(last.products).padStart(6, '0')}`)
  const person = { username: 'otra.persona', email: 'otra@example.com', password: 'caballo-grapa-correcta' }
  t.equal((await made('/users', person)).id, last.users)
  await made('/movements', { type: 'receipt', lines: [{ product_id: product.id, quantity: 2 }] })
  const [level] = (await call(token, 'GET', `/stock?product_id=${product.id}`)).json().data
  t.match(level, { id: last.stock, quantity: 2 })
  const place = await made('/locations', { code: 'DOS', name: 'Dos' })
  t.equal(place.id, 2)
  t.match((await call(token, 'GET', '/ledger/verify')).json(), { ok: true })
}

async function checkOrm(t: Test, engine: Engine, from: string) {
  const { said, url, store, rows } = await imported(t, engine, from)
  t.match(said, /as its own models make it/)
  for (const table of ['orders', 'order_items', 'purchase_orders', 'purchase_order_items']) {
    t.match(said, new RegExp(`${table} +\\d+ +not imported yet: they follow when the service has orders`))
  }
  t.match(said, 'products 9: 33.333333 becomes 33.3333, 0.000033 less')
  t.equal(rows.products.length, 40)
  const priceOf = (id: number) => rows.products[id - 1].price
  t.same([1, 2, 9, 10, 12].map(priceOf), [199_900, 1000, 333_333, 10, 999_999_000])
  t.match(rows.products[0], {
    id: 1,
    sku: 'P-000001',
    name: 'Producto 1 "½ pulgada" ñ',
    created_at: /2026-11-25T03:16:06.723Z/,
  })
  t.equal(rows.products[0].description, 'Línea 1\nLínea 2; con, comas')
  t.match(rows.users[1], {
    id: 2,
    email: 'Gerente@Tienda.example',
    last_name: "O'Neil",
    role: 'manager',
    last_login: null,
  })
  t.match(rows.users[4], { username: 'baja', is_active: false, role: 'viewer' })
  t.equal(rows.stock.length, 40)
  t.match(rows.stock[8], { id: 9, product_id: 10, quantity: 5000, min_stock: 5000 })
  const unstocked = rows.stock.filter((level) => [9, 18, 27, 36].includes(level.product_id))
  t.same(
    unstocked.map(({ id, quantity }) => [id, quantity]),
    [
      [37, 0],
      [38, 0],
      [39, 0],
      [40, 0],
    ],
  )
  t.match(rows.movements, [{ type: 'receipt', reason: 'Opening balance', actor_id: 1 }])
  const values = await store.query((reader) => reader.selectFrom('product_costs').select('value').execute())
  t.ok(values.length === 40 && values.every(({ value }) => value === 0), 'what it cost is not known')
  const { app, tokenOf } = await serviceOn(t, url)
  for (const name of ['gerente', 'superv', 'usuario', 'admin']) {
    const password = `${name[0]?.toUpperCase()}${name.slice(1)}-clave-2024`
    t.equal((await logIn(app, name, password)).statusCode, 200, name)
  }
  t.equal((await logIn(app, 'gerente@tienda.example', 'Gerente-clave-2024')).statusCode, 200)
  t.equal((await logIn(app, 'baja', 'Baja-clave-2024')).statusCode, 401, 'not active')
  const token = (await tokenOf('admin', 'Admin-clave-2024')) as string
  await goOn(t, url, token, { categories: 6, products: 41, users: 6, stock: 41 })
}

onEveryEngine('the shape of the models is taken over', async (t, engine) => {
  await checkOrm(t, engine, sample(t, 'orm'))
})

test('the shape of the models is taken over from PostgreSQL', { skip: !engines.includes('postgresql') }, async (t) => {
  const url = await onPostgres(t, sample(t, 'orm'))
  for (const engine of engines) await checkOrm(t, engine, url)
})

async function checkQuickstart(t: Test, engine: Engine, from: string) {
  const { said, url, rows } = await imported(t, engine, from)
  t.match(said, /as the set-up script of its README makes it/)
  t.match(rows.products, [{ sku: 'LAP001', price: 5_999_900 }, { sku: 'CAM001' }, { sku: 'LAM001' }])
  t.match(rows.categories[1], { id: 2, name: 'Ropa', description: 'Vestimenta y accesorios' })
  t.match(rows.categories[1], { created_at: '2026-11-25T03:16:05.000Z', updated_at: '2026-11-25T03:16:05.000Z' })
  t.match(rows.stock, [{ quantity: 10_000, min_stock: 2000 }, { quantity: 50_000 }, { quantity: 15_000 }])
  const { app } = await serviceOn(t, url)
  const first = await logIn(app, 'admin', 'admin123')
  t.match(first.json(), { password_change_advised: true, user: { id: 1, role: 'admin' } })
  t.match((await logIn(app, 'admin', 'admin123')).json(), { password_change_advised: true }, 'until it is changed')
  await goOn(t, url, first.json().access_token, { categories: 4, products: 4, users: 2, stock: 4 })
}

async function checkGuide(t: Test, engine: Engine, from: string) {
  const { said, url, rows } = await imported(t, engine, from)
  t.match(said, /as its deployment guide makes it/)
  t.same(
    rows.categories.map(({ id }) => id),
    [10, 20, 30],
  )
  t.same(
    rows.products.map(({ id }) => id),
    Array.from({ length: 15 }, (_, index) => 3 * index + 3),
  )
  t.match(rows.products[0], { category_id: 20, price: 3000, description: '', created_at: '2024-12-05T14:03:21.123Z' })
  t.match(rows.users[0], { last_login: '2024-12-05T14:03:21.123Z', updated_at: '2024-12-05T14:03:21.123Z' })
  t.equal(rows.users[1].last_login, null)
  t.match(rows.stock[14], { id: 15, product_id: 45, quantity: 9000, min_stock: 5000 })
  const { app, tokenOf } = await serviceOn(t, url)
  t.equal((await logIn(app, 'nuevo', 'Scrypt-clave-2024')).statusCode, 200)
  const token = (await tokenOf('admin', 'Admin-clave-2024')) as string
  await goOn(t, url, token, { categories: 31, products: 46, users: 3, stock: 16 })
}

onEveryEngine('the shape of the set-up script is taken over', async (t, engine) => {
  await checkQuickstart(t, engine, sample(t, 'quickstart'))
})

onEveryEngine('the shape of the deployment guide is taken over', async (t, engine) => {
  await checkGuide(t, engine, sample(t, 'guide'))
})

test('the other shapes are taken over from PostgreSQL', { skip: !engines.includes('postgresql') }, async (t) => {
  await checkQuickstart(
    t,
    'postgresql',
    await onPostgres(t, sample(t, 'quickstart'), { id: 'integer', price: 'numeric' }),
  )
  await checkGuide(t, 'postgresql', await onPostgres(t, sample(t, 'guide'), { created_at: 'timestamptz' }))
})
