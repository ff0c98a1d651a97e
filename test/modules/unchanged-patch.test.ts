import { test } from 'tap'
import { barcodeKey } from '../../src/values/barcode.ts'
import { buildTestApp, onEveryEngine } from '../support/app.ts'
import { committedContract } from '../support/contract.ts'
import { seedShop } from '../support/shop.ts'

/** Everything that has a PATCH: where it is, all that a PATCH can name, and something else for one field of it. */
const CASES: [path: string, writable: string[], other: object][] = [
  ['/categories/1', ['name', 'description'], { description: 'Otra' }],
  ['/locations/1', ['code', 'name'], { name: 'Otro' }],
  [
    '/products/1',
    ['name', 'price', 'category_id', 'sku', 'barcode', 'description', 'unit', 'decimals'],
    { price: '7.5' },
  ],
  ['/stock/1', ['min_stock', 'reorder_quantity'], { min_stock: 3 }],
  ['/users/1', ['username', 'email', 'first_name', 'last_name', 'role', 'is_active'], { last_name: 'Otra' }],
  ['/auth/me', ['email', 'first_name', 'last_name'], { first_name: 'Otro' }],
]

test('everything that has a PATCH is in CASES', async (t) => {
  const patched = committedContract().operations.filter(({ method }) => method === 'patch')
  t.same(
    CASES.map(([path]) => `/api/v1${path.replace(/\d+$/, '{id}')}`).sort(),
    patched.map(({ path }) => path.replace(/\{\w+\}$/, '{id}')).sort(),
  )
})

onEveryEngine('a PATCH that changes nothing makes no new version', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  await seedShop(app.store)
  for (const [path, writable, other] of CASES) {
    const present = (await app.call('PATCH', path, { body: other })).json()
    const read = await app.call('GET', path)
    t.same(read.json(), present, path)
    const whole = Object.fromEntries(writable.map((field) => [field, present[field]]))
    for (const body of [other, whole]) {
      const headers = { 'if-match': `${read.headers.etag}` }
      const answer = await app.call('PATCH', path, { body, headers })
      t.equal(answer.statusCode, 200, `${path} ${JSON.stringify(body)}`)
      t.same(answer.json(), present, 'version and updated_at too')
      t.equal(answer.headers.etag, read.headers.etag)
      t.same((await app.call('GET', path)).json(), present)
    }
    const stale = await app.call('PATCH', path, { body: other, headers: { 'if-match': '"99"' } })
    t.equal(stale.statusCode, 412, `${path}: an old version is refused all the same`)
  }
})

onEveryEngine('a PATCH that changes nothing is not held against rules of today', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  await seedShop(app.store)
  // As taken over from a system that had other rules.
  await app.store.write(async (trx) => {
    await trx.updateTable('users').set({ username: 'ana×lopez' }).where('id', '=', 1).execute()
    await trx
      .updateTable('products')
      .set({ barcode: '12345678', barcode_key: barcodeKey('12345678') })
      .where('id', '=', 1)
      .execute()
  })
  const cases: [path: string, same: object, worse: object][] = [
    ['/users/1', { username: 'ana×lopez' }, { username: 'ana×lópez' }],
    ['/products/1', { barcode: '12345678' }, { barcode: '12345679' }],
  ]
  for (const [path, same, worse] of cases) {
    const { version } = (await app.call('GET', path)).json()
    const answer = await app.call('PATCH', path, { body: same })
    t.match(answer.json(), { ...same, version }, `${path}: ${answer.body}`)
    t.equal((await app.call('PATCH', path, { body: worse })).statusCode, 422)
  }
})

onEveryEngine('the same amount in other digits is no change', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  await seedShop(app.store)
  const { price, version } = (await app.call('PATCH', '/products/1', { body: { price: '7.5' } })).json()
  t.match((await app.call('PATCH', '/products/1', { body: { price: '7.5000' } })).json(), { price, version })
})
