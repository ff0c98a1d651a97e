import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { levelOf, move, walk } from '../../support/stock.ts'

interface Level {
  id: number
  product_id: number
  location_id: number
  quantity: number
  available: number
  min_stock: number
  status: string
  updated_at: string
  product_name: string
}

/** Changes a product as its own module would. */
const changeProduct = (app: TestApp, id: number, changes: { is_active?: boolean; name?: string; version?: number }) =>
  app.store.write((trx) => trx.updateTable('products').set(changes).where('id', '=', id).execute())

/** Puts numbers into a level that no movement explains: thousandths. */
const setLevel = (app: TestApp, id: number, numbers: { quantity?: number; reserved?: number; min_stock?: number }) =>
  app.store.write((trx) => trx.updateTable('stock').set(numbers).where('id', '=', id).execute())

onEveryEngine('levels are found by product, location, category and status', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 0, 0])
  const [a = 0, b = 0] = products
  const [main = 0, second = 0] = locations
  await move(app, 'receipt', [
    { product_id: a, quantity: 5 },
    { product_id: a, quantity: 2, location_id: second },
    { product_id: b, quantity: 1 },
  ])
  const find = async (query: string) =>
    (await walk<Level>(app, `/stock?${query}`, 50)).map(
      (level) => `${products.indexOf(level.product_id)}@${level.location_id}`,
    )
  t.same(await find(`product_id=${a}`), [`0@${main}`, `0@${second}`])
  t.same(await find(`location_id=${second}`), [`0@${second}`])
  t.same(await find('status=out'), [`2@${main}`])
  t.same(await find(`status=ok&product_id=${b}`), [`1@${main}`])
  t.same(await find('category_id=1'), [`0@${main}`, `1@${main}`, `2@${main}`, `0@${second}`])
  t.same(await find('category_id=999'), [])
  const counted = (await app.call('GET', '/stock?limit=1&include_total=true')).json()
  t.match(counted, { total: 4, data: { length: 1 } })
  for (const wrong of ['status=empty', 'limit=0', 'limit=101', 'product_id=x', 'sort=quantity', 'limt=5', 'cursor=x']) {
    t.equal((await app.call('GET', `/stock?${wrong}`)).statusCode, 400, wrong)
  }
})

onEveryEngine('a level is out at nothing, low up to its minimum, and else ok', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [3])
  const { id } = await levelOf(app, products[0] as number, locations[0] as number)
  const cases: [number, number, number, string, number][] = [
    [0, 0, 0, 'out', 0],
    [1, 0, 0, 'ok', 0.001],
    [1, 1, 0, 'out', 0],
    [5000, 0, 5000, 'low', 5],
    [5001, 0, 5000, 'ok', 5.001],
    [4999, 0, 5000, 'low', 4.999],
    [9000, 4000, 5000, 'low', 5],
    [9000, 3999, 5000, 'ok', 5.001],
    [0, 0, 5000, 'out', 0],
    [2000, 3000, 0, 'out', -1],
  ]
  for (const [quantity, reserved, min_stock, status, available] of cases) {
    await setLevel(app, id, { quantity, reserved, min_stock })
    const level = (await app.call('GET', `/stock/${id}`)).json()
    t.match(level, { status, available }, `${quantity} less ${reserved}, at least ${min_stock}`)
    for (const asked of ['ok', 'low', 'out']) {
      const { data } = (await app.call('GET', `/stock?status=${asked}`)).json()
      t.equal(data.length, asked === status ? 1 : 0, `${status} is ${asked === status ? '' : 'not '}listed as ${asked}`)
    }
    const { data: low } = (await app.call('GET', '/stock/low')).json()
    t.equal(low.length, status === 'ok' ? 0 : 1)
    t.equal((await app.call('GET', `/products/${products[0]}/stock`)).json().status, status)
  }
})

onEveryEngine('what is low is listed with the furthest below its minimum first', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, Array(9).fill(0))
  const [, second = 0] = locations
  const margins = [-3, 0, 4, -3, -10, 0, 1, -1, -3]
  for (const [index, product_id] of products.entries()) {
    await move(app, 'receipt', [{ product_id, quantity: 20, location_id: second }])
    const { id } = await levelOf(app, product_id, second)
    await setLevel(app, id, { min_stock: (20 - (margins[index] as number)) * 1000 })
  }
  const place = (level: Level) => products.indexOf(level.product_id)
  for (const limit of [1, 2, 3, 50]) {
    const rows = await walk<Level>(app, `/stock/low?location_id=${second}`, limit)
    t.same(rows.map(place), [4, 0, 3, 8, 7, 1, 5], `in pages of ${limit}`)
  }
  t.equal((await walk(app, '/stock/low?status=out', 4)).length, 9, 'the empty levels of the default location')
  t.equal((await walk(app, '/stock/low', 4)).length, 16)
})

onEveryEngine('the minimum can be set, the quantity cannot', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [1])
  const { id, version } = await levelOf(app, products[0] as number, locations[0] as number)
  const patch = (body: unknown, headers = {}) => app.call('PATCH', `/stock/${id}`, { as: 'supervisor', body, headers })
  const changed = await patch({ min_stock: 2.5 })
  t.match(changed.json(), { min_stock: 2.5, reorder_quantity: 0, version: version + 1 })
  t.match((await patch({ reorder_quantity: 10 })).json(), { min_stock: 2.5, reorder_quantity: 10 })
  t.match((await patch({ min_stock: 0 })).json(), { min_stock: 0, reorder_quantity: 10 })
  const wrong: [object, string][] = [
    [{ min_stock: 0.25 }, '#/min_stock'],
    [{ reorder_quantity: 1.11 }, '#/reorder_quantity'],
    [{ min_stock: -1 }, '#/min_stock'],
    [{ min_stock: '5' }, '#/min_stock'],
    [{ min_stock: null }, '#/min_stock'],
    [{ min_stock: 1_000_000_000.1 }, '#/min_stock'],
    [{ quantity: 5 }, '#/quantity'],
    [{ reserved: 5, min_stock: 1 }, '#/reserved'],
  ]
  for (const [body, pointer] of wrong) {
    const answer = await patch(body)
    t.match(answer.json(), { status: 422, errors: [{ pointer }] }, `${JSON.stringify(body)}: ${answer.body}`)
  }
  t.equal((await patch({})).statusCode, 422)
  t.match((await app.call('GET', `/stock/${id}`)).json(), { quantity: 0, min_stock: 0, version: version + 3 })
  t.equal((await app.call('PATCH', '/stock/999999', { body: { min_stock: 1 } })).statusCode, 404)
  t.equal((await app.call('GET', '/stock/999999')).statusCode, 404)
})

onEveryEngine('a level changed by somebody else is not changed unseen', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [product_id = 0] = products
  const { id } = await levelOf(app, product_id, locations[0] as number)
  const read = await app.call('GET', `/stock/${id}`)
  const etag = read.headers.etag as string
  const patch = (tag: string, min_stock = 3) =>
    app.call('PATCH', `/stock/${id}`, { body: { min_stock }, headers: { 'if-match': tag } })
  await move(app, 'receipt', [{ product_id, quantity: 1 }])
  t.match((await patch(etag)).json(), { status: 412, code: 'precondition_failed' })
  const fresh = (await app.call('GET', `/stock/${id}`)).headers.etag as string
  const changed = await patch(fresh)
  t.equal(changed.statusCode, 200)
  t.equal((await patch(fresh)).statusCode, 412)
  const known = (tag: string) => app.call('GET', `/stock/${id}`, { headers: { 'if-none-match': tag } })
  t.equal((await known(changed.headers.etag as string)).statusCode, 304)
  await changeProduct(app, product_id, { name: 'Otro nombre', version: 2 })
  const renamed = await known(changed.headers.etag as string)
  t.equal(renamed.statusCode, 200, 'the name it shows is part of what is known')
  t.equal(renamed.json().product_name, 'Otro nombre')
  const racers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => patch(renamed.headers.etag as string, 10 + index)),
  )
  t.equal(racers.filter((answer) => answer.statusCode === 200).length, 1, 'one of many wins')
})

onEveryEngine('every order can be walked in pages, each level once', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, Array(13).fill(0))
  // Names and times with many ties, and in no order.
  await app.store.write(async (trx) => {
    for (const [index, id] of products.entries()) {
      const name = `Nombre ${(index * 5) % 4}`
      await trx.updateTable('products').set({ name, name_key: name.toLowerCase() }).where('id', '=', id).execute()
    }
  })
  const lines = products.map((product_id) => ({ product_id, quantity: 1, location_id: locations[1] }))
  await move(app, 'receipt', lines.slice(3))
  await move(app, 'receipt', lines.slice(0, 3))
  const keys = {
    id: (level: Level) => level.id,
    name: (level: Level) => level.product_name,
    updated_at: (level: Level) => level.updated_at,
  }
  for (const [sort, key] of Object.entries(keys)) {
    for (const order of ['asc', 'desc']) {
      const sign = order === 'asc' ? 1 : -1
      const all = await walk<Level>(app, `/stock?sort=${sort}&order=${order}`, 100)
      const sorted = all.toSorted((x, y) => sign * ((key(x) < key(y) ? -1 : key(x) > key(y) ? 1 : 0) || x.id - y.id))
      t.same(all, sorted, `${sort} ${order}`)
      t.equal(all.length, 26)
      const paged = await walk<Level>(app, `/stock?sort=${sort}&order=${order}`, 4)
      t.same(paged, all, `${sort} ${order} in pages`)
    }
  }
})

onEveryEngine('archived products and archived locations are hidden', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  const [main = 0, second = 0] = locations
  await move(app, 'receipt', [{ product_id: a, quantity: 2, location_id: second }])
  await new Promise((resolve) => setTimeout(resolve, 2))
  const then = new Date().toISOString()
  await new Promise((resolve) => setTimeout(resolve, 2))
  await move(app, 'transfer', [{ product_id: a, quantity: 2, location_id: second, to_location_id: main }])
  t.equal((await app.call('POST', `/locations/${second}/archive`)).statusCode, 200)
  await changeProduct(app, b, { is_active: false })

  const places = async (path: string) => (await walk<Level>(app, path, 50)).map((level) => level.location_id)
  t.same(await places('/stock'), [main])
  t.same(await places('/stock/low'), [], 'nobody orders for an archived location')
  t.same(await places(`/stock?location_id=${second}`), [])
  t.match((await app.call('GET', '/stock?include_total=true')).json(), { total: 1 })
  const stock = (await app.call('GET', `/products/${a}/stock`)).json()
  t.same(
    stock.levels.map((level: Level) => level.location_id),
    [main],
  )
  t.same(await places(`/stock?as_of=${then}`), [main, second], 'it was in use then')
  t.equal((await app.call('GET', `/products/${a}/stock?as_of=${then}`)).json().quantity, 2)
  t.same((await app.call('GET', `/products/${b}/stock`)).json().quantity, 0, 'asked for by id it is there')
  t.equal((await app.call('GET', '/products/999999/stock')).statusCode, 404)
})
