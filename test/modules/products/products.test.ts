import { onEveryEngine } from '../../support/app.ts'
import { buildShop } from './support.ts'

onEveryEngine('a product is made, read, changed and removed', async (t, engine) => {
  const { call, categoryId } = await buildShop(t, engine)
  const made = await call('POST', '/products', {
    as: 'supervisor',
    body: { name: '  Tornillo M8 ', price: '19.99', category_id: categoryId, sku: 'TOR-M8', barcode: '7501031311309' },
  })
  t.equal(made.statusCode, 201, made.body)
  t.match(made.json(), {
    id: 1,
    sku: 'TOR-M8',
    barcode: '7501031311309',
    name: 'Tornillo M8',
    description: '',
    price: '19.99',
    currency: 'EUR',
    category_id: categoryId,
    category_name: 'Ferretería',
    unit: 'unit',
    decimals: 0,
    quantity: 0,
    is_active: true,
    version: 1,
  })
  t.equal(made.headers.location, '/api/v1/products/1')

  const read = await call('GET', '/products/1', { as: 'viewer' })
  t.equal(read.body, made.body)
  t.equal(read.headers.etag, made.headers.etag)
  const etag = String(read.headers.etag)
  t.equal((await call('GET', '/products/1', { headers: { 'if-none-match': `W/${etag}` } })).statusCode, 304)

  const changed = await call('PATCH', '/products/1', { body: { price: '0.5' }, headers: { 'if-match': etag } })
  t.match(changed.json(), { price: '0.50', name: 'Tornillo M8', barcode: '7501031311309', version: 2 })
  t.equal(changed.headers.etag, (await call('GET', '/products/1')).headers.etag)
  const stale = { headers: { 'if-match': etag } }
  t.equal((await call('PATCH', '/products/1', { body: { price: '2' }, ...stale })).statusCode, 412)
  t.equal((await call('DELETE', '/products/1', stale)).statusCode, 412)
  t.equal((await call('DELETE', '/products/1')).statusCode, 204)
  for (const method of ['GET', 'DELETE'] as const) t.equal((await call(method, '/products/1')).statusCode, 404)
  t.equal((await call('PATCH', '/products/1', { body: { price: '2' } })).statusCode, 404)
})

onEveryEngine('a product begins with an empty level at the default location', async (t, engine) => {
  const { add, store } = await buildShop(t, engine)
  const { id } = await add()
  const [levels, costs] = await store.read(async (reader) => [
    await reader.selectFrom('stock').selectAll().where('product_id', '=', id).execute(),
    await reader.selectFrom('product_costs').selectAll().where('product_id', '=', id).execute(),
  ])
  t.match(levels, [{ location_id: 1, quantity: 0, reserved: 0, version: 1 }])
  t.same(costs, [{ product_id: id, quantity: 0, value: 0 }])
})

onEveryEngine('what is on hand and the name of the category are shown, and are part of the ETag', async (t, engine) => {
  const { call, add, adjust, categoryId } = await buildShop(t, engine)
  const { id } = await add({ decimals: 3 })
  const first = await call('GET', `/products/${id}`)
  await adjust(id, 2.5)
  const second = await call('GET', `/products/${id}`, { headers: { 'if-none-match': String(first.headers.etag) } })
  t.equal(second.statusCode, 200)
  t.equal(second.json().quantity, 2.5)
  await call('PATCH', `/categories/${categoryId}`, { body: { name: 'Tornillería' } })
  const third = await call('GET', `/products/${id}`, { headers: { 'if-none-match': String(second.headers.etag) } })
  t.equal(third.json().category_name, 'Tornillería')
  const match = { 'if-match': String(first.headers.etag) }
  const patched = await call('PATCH', `/products/${id}`, { body: { name: 'x' }, headers: match })
  t.equal(patched.statusCode, 200, 'a write asks for the version alone')
})

onEveryEngine('prices keep every decimal and come as text', async (t, engine) => {
  const { call, categoryId } = await buildShop(t, engine)
  const create = (price: unknown) => call('POST', '/products', { body: { name: 'x', price, category_id: categoryId } })
  for (const price of ['19.99', '8.69', '1.11', '143.48', '0.07', '0.00', '1.005', '99999999.9999']) {
    t.equal((await create(price)).json().price, price)
  }
  t.equal((await create('5')).json().price, '5.00')
  for (const price of ['1e2', '-0.00', '-1', '1.00005', '100000000', '', ' ', '1,5', '01', '.5', '١٢', 'NaN', null]) {
    const refused = await create(price)
    t.equal(refused.statusCode, 422, String(price))
    t.equal(refused.json().errors[0].pointer, '#/price')
  }
  for (const price of [19.99, 0, 100]) {
    t.match((await create(price)).json(), {
      status: 422,
      errors: [{ pointer: '#/price', detail: 'must be a string, for example "19.99"' }],
    })
  }
})

onEveryEngine('null, zero, empty and unknown are four things', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  const { id } = await add({ barcode: '96385074', description: 'a', decimals: 2 })
  const patch = (body: unknown) => call('PATCH', `/products/${id}`, { body })
  t.match((await patch({ decimals: 0, description: '', price: '0' })).json(), {
    decimals: 0,
    description: '',
    price: '0.00',
    barcode: '96385074',
  })
  t.equal((await patch({ barcode: null })).json().barcode, null)
  for (const field of ['name', 'price', 'category_id', 'sku', 'description', 'unit', 'decimals']) {
    const refused = await patch({ [field]: null })
    t.equal(refused.statusCode, 422, field)
    t.match(refused.json().errors, [{ pointer: `#/${field}`, detail: /not null/ }])
  }
  for (const body of [{ name: ' ' }, { sku: '' }, { barcode: '' }, { unit: '' }, { decimals: '' }, { decimals: '1' }]) {
    t.equal((await patch(body)).statusCode, 422, JSON.stringify(body))
  }
  for (const body of [{ quantity: 99 }, { is_active: false }, { id: 7 }, { version: 9 }, { search_text: 'x' }, {}]) {
    t.equal((await patch(body)).statusCode, 422, JSON.stringify(body))
  }
  t.match((await patch({ pirce: '2' })).json().errors, [{ pointer: '#/pirce', detail: /did you mean "price"/ }])
})

onEveryEngine('numbers out of range are refused by field, never rounded', async (t, engine) => {
  const { call, categoryId } = await buildShop(t, engine)
  const base = { name: 'x', price: '1', category_id: categoryId }
  const post = (body: string) => call('POST', '/products', { body })
  for (const text of ['4', '-1', '1.5', '9007199254740993', '1e21', '"0"']) {
    const answer = await post(JSON.stringify({ ...base, decimals: 0 }).replace('"decimals":0', `"decimals":${text}`))
    t.equal(answer.statusCode, 422, text)
    t.equal(answer.json().errors[0].pointer, '#/decimals')
  }
  for (const id of ['9007199254740993', '0', '-1', '1.5', '1e30']) {
    const answer = await post(JSON.stringify(base).replace(`"category_id":${categoryId}`, `"category_id":${id}`))
    t.equal(answer.statusCode, 422, id)
  }
  for (const id of ['0', '9007199254740993', '1.5', 'abc', '1e99']) {
    t.equal((await call('GET', `/products/${id}`)).statusCode, 400, id)
  }
})

onEveryEngine('the category must exist, and stays while products are in it', async (t, engine) => {
  const { call, add, categoryId } = await buildShop(t, engine)
  const body = { name: 'x', price: '1', category_id: 99, barcode: '4006381333930' }
  t.match((await call('POST', '/products', { body })).json(), {
    status: 422,
    errors: [
      { pointer: '#/barcode', detail: /followed by 1, not 0/ },
      { pointer: '#/category_id', detail: /99/ },
    ],
  })
  const { id } = await add()
  t.equal((await call('PATCH', `/products/${id}`, { body: { category_id: 99 } })).statusCode, 422)
  t.equal((await call('DELETE', `/categories/${categoryId}`)).statusCode, 409)
})

onEveryEngine('a category is not deleted while a product is put into it', async (t, engine) => {
  const { call } = await buildShop(t, engine)
  for (let run = 0; run < 5; run += 1) {
    const category_id = (await call('POST', '/categories', { body: { name: `c${run}` } })).json().id
    const [made, removed] = await Promise.all([
      call('POST', '/products', { body: { name: 'x', price: '1', category_id } }),
      call('DELETE', `/categories/${category_id}`),
    ])
    t.ok(
      (made.statusCode === 201 && removed.statusCode === 409) ||
        (made.statusCode === 422 && removed.statusCode === 204),
      `${made.statusCode} ${removed.statusCode}`,
    )
  }
})

onEveryEngine('a repeated request makes one product', async (t, engine) => {
  const { call, categoryId } = await buildShop(t, engine)
  const send = () =>
    call('POST', '/products', {
      body: { name: 'x', price: '1', category_id: categoryId },
      headers: { 'idempotency-key': 'k-1' },
    })
  const answers = await Promise.all(Array.from({ length: 10 }, send))
  t.equal(new Set(answers.map((answer) => answer.body)).size, 1)
  t.equal((await call('GET', '/products?include_total=true')).json().total, 1)
})

onEveryEngine('who may do what', async (t, engine) => {
  const { call, categoryId, add } = await buildShop(t, engine)
  const { id } = await add()
  const body = { name: 'x', price: '1', category_id: categoryId }
  t.equal((await call('POST', '/products', { as: 'user', body })).statusCode, 403)
  t.equal((await call('PATCH', `/products/${id}`, { as: 'user', body: { name: 'y' } })).statusCode, 403)
  for (const action of ['archive', 'restore']) {
    t.equal((await call('POST', `/products/${id}/${action}`, { as: 'supervisor' })).statusCode, 403)
  }
  t.equal((await call('DELETE', `/products/${id}`, { as: 'supervisor' })).statusCode, 403)
  for (const path of ['/products', `/products/${id}`, '/products/lookup/sku/P-000001', '/products/lookup/barcode/1']) {
    t.equal((await call('GET', path, { as: 'nobody' })).statusCode, 401, path)
    t.not((await call('GET', path, { as: 'viewer' })).statusCode, 403, path)
  }
})
