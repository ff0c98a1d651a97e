import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { levelOf, move, proofOf, tally } from '../../support/stock.ts'
import { walk } from '../../support/walk.ts'

const create = (app: TestApp, code: string, name: string) =>
  app.call('POST', '/locations', { as: 'manager', body: { code, name } })

const act = (app: TestApp, id: number, action: string) =>
  app.call('POST', `/locations/${id}/${action}`, { as: 'manager' })

const defaults = async (app: TestApp) =>
  (await walk<{ id: number; is_default: boolean }>(app, '/locations?archived=include', 100)).filter(
    (row) => row.is_default,
  )

onEveryEngine('locations are made, read, changed and listed', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const created = await create(app, ' TIENDA-2 ', 'Tienda  del puerto')
  t.equal(created.statusCode, 201, created.body)
  const location = created.json()
  t.match(location, { code: 'TIENDA-2', is_default: false, is_active: true, version: 1 })
  t.equal(created.headers.location, `/api/v1/locations/${location.id}`)
  const read = await app.call('GET', `/locations/${location.id}`)
  t.same(read.json(), location)
  t.equal(read.headers.etag, created.headers.etag)
  const patch = (body: unknown, headers = {}) =>
    app.call('PATCH', `/locations/${location.id}`, { as: 'manager', body, headers })
  const changed = await patch({ name: 'Tienda' }, { 'if-match': read.headers.etag as string })
  t.match(changed.json(), { code: 'TIENDA-2', name: 'Tienda', version: 2 })
  t.equal((await patch({ name: 'Otra' }, { 'if-match': read.headers.etag as string })).statusCode, 412)
  for (const wrong of [
    {},
    { code: '' },
    { name: null },
    { is_default: true },
    { is_active: false },
    { name: 'x'.repeat(101) },
  ]) {
    t.equal((await patch(wrong)).statusCode, 422, JSON.stringify(wrong))
  }
  for (const [code, name] of [
    ['B', 'Zeta'],
    ['a', 'Alfa'],
    ['C', 'Beta'],
  ] as const)
    await create(app, code, name)
  const list = async (query: string) =>
    (await walk<{ code: string }>(app, `/locations${query}`, 2)).map((row) => row.code)
  t.same(await list('?sort=code'), ['a', 'B', 'C', 'MAIN', 'TIENDA-2'])
  t.same(await list('?sort=name&order=desc'), ['B', 'TIENDA-2', 'MAIN', 'C', 'a'])
  t.same(await list('?sort=id'), ['MAIN', 'TIENDA-2', 'B', 'a', 'C'])
  t.equal((await app.call('GET', '/locations?include_total=true&limit=1')).json().total, 5)
  t.equal((await app.call('GET', '/locations/999999')).statusCode, 404)
})

onEveryEngine('a code and a name are each taken once, whatever their case', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const first = (await create(app, 'Ñandú', 'Almacén')).json()
  for (const [code, name, field] of [
    ['ÑANDÚ', 'Otro', 'code'],
    ['N\u0303andu\u0301', 'Otro', 'code'],
    ['ＭＡＩＮ', 'Otro', 'code'],
    ['X', 'ALMACÉN', 'name'],
    ['X', ' almacén\u00a0', 'name'],
  ] as const) {
    const refused = await create(app, code, name)
    t.match(refused.json(), { status: 409, code: 'conflict', errors: [{ pointer: `#/${field}` }] }, `${code} ${name}`)
  }
  const other = (await create(app, 'X', 'Otro')).json()
  const renamed = await app.call('PATCH', `/locations/${other.id}`, { body: { name: 'almacÉn' } })
  t.match(renamed.json(), { status: 409, existing_id: first.id })
  const racers = await Promise.all(Array.from({ length: 10 }, (_, index) => create(app, 'Nueva', `Nueva ${index}`)))
  t.same(tally(racers.map((answer) => answer.statusCode)), { 201: 1, 409: 9 })
  const places = await Promise.all(Array.from({ length: 4 }, (_, index) => create(app, `P${index}`, `P${index}`)))
  const renames = await Promise.all(
    places.map((place) => app.call('PATCH', `/locations/${place.json().id}`, { body: { name: 'La misma' } })),
  )
  t.same(tally(renames.map((answer) => answer.statusCode)), { 200: 1, 409: 3 })
})

onEveryEngine('exactly one location is the default, also when many are made it at once', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0], 5)
  const [main = 0, second = 0] = locations
  t.match((await act(app, second, 'default')).json(), { is_default: true })
  t.same(
    (await defaults(app)).map((row) => row.id),
    [second],
  )
  await move(app, 'receipt', [{ product_id: products[0], quantity: 3 }])
  t.equal((await levelOf(app, products[0] as number, second)).quantity, 3, 'it is meant where none is named')
  t.match((await act(app, second, 'default')).json(), { is_default: true, version: 2 })
  t.match((await app.call('GET', `/locations/${main}`)).json(), { is_default: false, version: 2 })

  const answers = await Promise.all([...locations, ...locations].map((id) => act(app, id, 'default')))
  t.same(tally(answers.map((answer) => answer.statusCode)), { 200: 2 * locations.length })
  t.equal((await defaults(app)).length, 1)
  t.equal((await act(app, 999_999, 'default')).statusCode, 404)
})

onEveryEngine('only an empty location that is not the default is archived', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [product_id = 0] = products
  const [main = 0, second = 0] = locations
  await move(app, 'receipt', [{ product_id, quantity: 2, location_id: second }])
  t.match((await act(app, main, 'archive')).json(), { status: 409, code: 'in_use' })
  t.match((await act(app, second, 'archive')).json(), { status: 409, code: 'in_use', products: 1 })
  await move(app, 'issue', [{ product_id, quantity: 2, location_id: second }])
  const reserve = (reserved: number) =>
    app.store.write((trx) => trx.updateTable('stock').set({ reserved }).where('location_id', '=', second).execute())
  await reserve(1000)
  t.equal((await act(app, second, 'archive')).statusCode, 409, 'something is promised from it')
  await reserve(0)
  const archived = await act(app, second, 'archive')
  t.match(archived.json(), { is_active: false, version: 2 })
  t.match((await act(app, second, 'archive')).json(), { is_active: false, version: 2 }, 'done already')
  t.match((await act(app, second, 'default')).json(), { status: 409, code: 'archived' })

  const line = { product_id, quantity: 1, location_id: second }
  t.match((await move(app, 'receipt', [line])).json(), {
    status: 409,
    code: 'archived',
    errors: [{ pointer: '#/lines/0/location_id' }],
  })
  const ids = async (archived: string) =>
    (await walk<{ id: number }>(app, `/locations?sort=id&archived=${archived}`, 10)).map((row) => row.id)
  t.same([await ids('exclude'), await ids('only'), await ids('include')], [[main], [second], [main, second]])
  t.match((await act(app, second, 'restore')).json(), { is_active: true })
  t.equal((await move(app, 'receipt', [line])).statusCode, 201)
})

onEveryEngine('archiving and receiving at once never leave stock at an archived location', async (t, engine) => {
  const app = await buildTestApp(t, engine, { RATE_LIMIT_MAX: '0' })
  const { products, locations } = await seedShop(app.store, [0], 12)
  const [product_id = 0] = products
  for (const location_id of locations.slice(1)) {
    const receive = () => move(app, 'receipt', [{ product_id, quantity: 1, location_id }])
    const [first, archive, ...rest] = await Promise.all([
      receive(),
      act(app, location_id, 'archive'),
      receive(),
      receive(),
    ])
    const received = [first, ...rest].filter((answer) => answer.statusCode === 201).length
    const statuses = [first, ...rest, archive].map((answer) => answer.statusCode)
    t.ok(
      statuses.every((status) => [200, 201, 409].includes(status)),
      `${statuses}`,
    )
    t.equal(archive.statusCode, received === 0 ? 200 : 409, `${received} receipts`)
  }
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('only a location that never held stock is deleted', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0], 3)
  const [product_id = 0] = products
  const [main = 0, used = 0, unused = 0, contested = 0] = locations
  const remove = (id: number, headers = {}) => app.call('DELETE', `/locations/${id}`, { as: 'manager', headers })
  await move(app, 'receipt', [{ product_id, quantity: 1, location_id: used }])
  await move(app, 'issue', [{ product_id, quantity: 1, location_id: used }])
  t.match((await remove(main)).json(), { status: 409, code: 'in_use' })
  t.match((await remove(used)).json(), { status: 409, code: 'in_use' })
  t.equal((await remove(unused, { 'if-match': '"7"' })).statusCode, 412)
  t.equal((await remove(unused, { 'if-match': '"1"' })).statusCode, 204)
  t.equal((await app.call('GET', `/locations/${unused}`)).statusCode, 404)
  t.equal((await remove(unused)).statusCode, 404)
  t.equal((await move(app, 'receipt', [{ product_id, quantity: 1, location_id: unused }])).statusCode, 422)

  const receive = () => move(app, 'receipt', [{ product_id, quantity: 1, location_id: contested }])
  const [received, removed] = await Promise.all([receive(), remove(contested)])
  t.ok(
    (received.statusCode === 201 && removed.statusCode === 409) ||
      (received.statusCode === 422 && removed.statusCode === 204),
    `${received.statusCode} and ${removed.statusCode}`,
  )
  t.same((await proofOf(app)).differences, [])
})
