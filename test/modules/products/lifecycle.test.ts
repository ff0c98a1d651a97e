import { onEveryEngine } from '../../support/app.ts'
import { buildShop } from './support.ts'

const reserve = (product_id: number, thousandths: number, store: Awaited<ReturnType<typeof buildShop>>['store']) =>
  store.write((trx) =>
    trx.updateTable('stock').set({ reserved: thousandths }).where('product_id', '=', product_id).execute(),
  )

onEveryEngine('a product is archived and restored, as often as one asks', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  const { id } = await add({ sku: 'A' })
  const archived = await call('POST', `/products/${id}/archive`, { as: 'manager' })
  t.equal(archived.statusCode, 200)
  t.match(archived.json(), { is_active: false, version: 2 })
  t.equal((await call('POST', `/products/${id}/archive`)).body, archived.body, 'nothing changes')
  t.equal((await call('GET', `/products/${id}`)).body, archived.body)
  t.same((await call('GET', '/products')).json().data, [])
  t.equal((await call('GET', '/products?archived=only')).json().data[0].id, id)
  const restored = await call('POST', `/products/${id}/restore`, { headers: { 'idempotency-key': 'r' } })
  t.match(restored.json(), { is_active: true, version: 3 })
  t.equal((await call('POST', `/products/${id}/restore`)).body, restored.body)
  t.equal(restored.headers.etag, (await call('GET', `/products/${id}`)).headers.etag)
  for (const action of ['archive', 'restore']) {
    t.equal((await call('POST', `/products/99/${action}`)).statusCode, 404)
  }
})

onEveryEngine('stock is not hidden by archiving', async (t, engine) => {
  const { call, add, adjust, store } = await buildShop(t, engine)
  const { id } = await add({ decimals: 2, unit: 'kg' })
  await adjust(id, 3.25)
  await reserve(id, 1000, store)
  t.match((await call('POST', `/products/${id}/archive`)).json(), {
    status: 409,
    code: 'in_use',
    detail: /3\.25 kg/,
    quantity: 3.25,
    reserved: 1,
    blocked_by: ['quantity', 'reserved'],
  })
  await reserve(id, 0, store)
  await adjust(id, -3.25)
  t.equal((await call('POST', `/products/${id}/archive`)).statusCode, 200)
})

onEveryEngine('a product is deleted only while nothing refers to it', async (t, engine) => {
  const { call, add, adjust, store } = await buildShop(t, engine)
  const { id } = await add({ barcode: '96385074' })
  await reserve(id, 1000, store)
  t.match((await call('DELETE', `/products/${id}`)).json(), { status: 409, blocked_by: ['reserved'], reserved: 1 })
  await adjust(id, 3)
  t.match((await call('DELETE', `/products/${id}`)).json(), {
    code: 'in_use',
    blocked_by: ['movement_lines', 'quantity', 'reserved'],
    movement_lines: 1,
    quantity: 3,
    reserved: 1,
    detail: /[Aa]rchive/,
  })
  await reserve(id, 0, store)
  await adjust(id, -3)
  t.same((await call('DELETE', `/products/${id}`)).json().blocked_by, ['movement_lines'], 'its history names it')
  t.equal((await call('GET', `/products/${id}`)).statusCode, 200)

  const unused = await add({ sku: 'U' })
  await store.write((trx) =>
    trx.updateTable('stock').set({ min_stock: 5000 }).where('product_id', '=', unused.id).execute(),
  )
  const removed = await call('DELETE', `/products/${unused.id}`, { as: 'manager' })
  t.equal(removed.statusCode, 204)
  t.equal(removed.body, '')
  const left = await store.read(async (reader) => [
    ...(await reader.selectFrom('stock').select('id').where('product_id', '=', unused.id).execute()),
    ...(await reader.selectFrom('product_costs').select('value').where('product_id', '=', unused.id).execute()),
  ])
  t.same(left, [])
  t.equal((await add({ sku: 'U' })).id, unused.id + 1, 'an id is not given twice')
})

onEveryEngine('what another table says of a product keeps it, and nothing is half deleted', async (t, engine) => {
  const { call, add, store } = await buildShop(t, engine)
  const { id } = await add()
  await store.write(async (trx) => {
    await trx.schema
      .createTable('notes')
      .addColumn('product_id', engine === 'sqlite' ? 'integer' : 'bigint', (column) => column.references('products.id'))
      .execute()
    await trx
      .insertInto('notes' as never)
      .values({ product_id: id } as never)
      .execute()
  })
  t.match((await call('DELETE', `/products/${id}`)).json(), {
    status: 409,
    code: 'in_use',
    blocked_by: ['other_records'],
  })
  const levels = await store.read((reader) =>
    reader.selectFrom('stock').select('id').where('product_id', '=', id).execute(),
  )
  t.equal(levels.length, 1)
  t.equal((await call('GET', `/products/${id}`)).json().quantity, 0)
})

onEveryEngine('decimals that the stock uses stay', async (t, engine) => {
  const { call, add, adjust, store } = await buildShop(t, engine)
  const { id } = await add({ decimals: 3 })
  const decimals = (value: number) => call('PATCH', `/products/${id}`, { body: { decimals: value } })
  await store.write((trx) => trx.updateTable('stock').set({ min_stock: 1250 }).where('product_id', '=', id).execute())
  t.match((await decimals(1)).json(), {
    status: 409,
    code: 'in_use',
    errors: [{ pointer: '#/decimals', detail: /stay 3/ }],
  })
  t.equal((await decimals(2)).statusCode, 200)
  t.equal((await decimals(3)).statusCode, 200)
  await store.write((trx) => trx.updateTable('stock').set({ min_stock: 0 }).where('product_id', '=', id).execute())
  await adjust(id, 0.5)
  await adjust(id, -0.5)
  t.equal((await decimals(0)).statusCode, 409, 'the ledger counts')
  t.equal((await decimals(1)).json().decimals, 1)
})

onEveryEngine('the unit of what is recorded stays, however it is written', async (t, engine) => {
  const { call, add, adjust } = await buildShop(t, engine)
  const { id } = await add({ unit: 'kg' })
  const unit = (value: string) => call('PATCH', `/products/${id}`, { body: { unit: value } })
  t.equal((await unit('caja')).json().unit, 'caja')
  await adjust(id, 1)
  t.match((await unit('kg')).json(), { status: 409, code: 'in_use', errors: [{ pointer: '#/unit', detail: /caja/ }] })
  t.equal((await unit('Caja')).json().unit, 'Caja')
  t.equal((await call('PATCH', `/products/${id}`, { body: { name: 'Otro' } })).statusCode, 200)
})

onEveryEngine('archiving and restoring a product at once leaves one of the two', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  const { id } = await add()
  const actions = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'archive' : 'restore'))
  const answers = await Promise.all(actions.map((action) => call('POST', `/products/${id}/${action}`)))
  for (const [index, answer] of answers.entries()) {
    t.equal(answer.statusCode, 200)
    t.equal(answer.json().is_active, actions[index] === 'restore')
  }
})
