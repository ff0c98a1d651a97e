import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'

const send = (app: TestApp, query: string, body: object) => app.call('POST', `/movements${query}`, { body })

const RECORDED = ['id', 'recorded_at', 'actor_id', 'actor_username', 'reversal_of', 'reversed_by', 'effective_at']

/** An answer without what only a recorded movement has. */
const essence = (body: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !RECORDED.includes(name) && name !== 'instance'))

const rowsOf = (app: TestApp) =>
  app.store.read(async (reader) => ({
    movements: await reader.selectFrom('movements').selectAll().orderBy('id').execute(),
    lines: await reader.selectFrom('movement_lines').selectAll().orderBy('id').execute(),
    stock: await reader.selectFrom('stock').selectAll().orderBy('id').execute(),
    costs: await reader.selectFrom('product_costs').selectAll().orderBy('product_id').execute(),
    keys: await reader.selectFrom('idempotency_keys').selectAll().execute(),
  }))

onEveryEngine('a dry run answers what the movement then answers, and writes nothing', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 3])
  const [a = 0, kilo = 0] = products
  const [, second = 0] = locations
  const bodies = [
    {
      type: 'receipt',
      reason: 'Compra',
      reference: 'A-1',
      note: 'x',
      lines: [{ product_id: a, quantity: 7, unit_cost: '1.10' }],
    },
    { type: 'receipt', lines: [{ product_id: kilo, quantity: 0.333, location_id: second, unit_cost: '2.9999' }] },
    { type: 'transfer', lines: [{ product_id: a, quantity: 3, to_location_id: second }] },
    { type: 'issue', lines: [a, a].map((product_id) => ({ product_id, quantity: 1 })) },
    {
      type: 'adjustment',
      lines: [
        { product_id: a, quantity: -2 },
        { product_id: a, quantity: 5 },
      ],
    },
    {
      type: 'count',
      effective_at: '2026-01-31T12:00:00+02:00',
      lines: [
        { product_id: kilo, quantity: 1 },
        { product_id: a, quantity: 0 },
      ],
    },
    { type: 'issue', lines: [{ product_id: a, quantity: 999 }] },
    { type: 'issue', lines: [{ product_id: a, quantity: 1, expected_quantity: 77 }] },
    { type: 'receipt', lines: [{ product_id: a, quantity: 0.5 }] },
    { type: 'receipt', lines: [{ product_id: 999_999, quantity: 1 }] },
    { type: 'receipt', lines: [] },
  ]
  for (const [index, body] of bodies.entries()) {
    const before = await rowsOf(app)
    const dry = await send(app, '?dry_run=true', body)
    t.same(await rowsOf(app), before, `dry run ${index} wrote nothing`)
    const real = await send(app, '', body)
    t.equal(dry.statusCode, real.statusCode === 201 ? 200 : real.statusCode, dry.body)
    t.same(essence(dry.json()), essence(real.json()), `dry run ${index} told the truth`)
    if (real.statusCode !== 201) continue
    t.notOk('id' in dry.json(), 'what was not recorded has no id')
    if (body.effective_at !== undefined) t.equal(dry.json().effective_at, real.json().effective_at)
  }
})

onEveryEngine('a dry run uses up no ids', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const [product_id = 0] = products
  const body = { type: 'receipt', lines: [{ product_id, quantity: 1 }] }
  const first = (await send(app, '', body)).json()
  for (let index = 0; index < 5; index += 1) await send(app, '?dry_run=true', body)
  await send(app, '?dry_run=true', { type: 'issue', lines: [{ product_id, quantity: 50 }] })
  t.equal((await send(app, '?dry_run=false', body)).json().id, first.id + 1)
})

onEveryEngine('a dry run is no first use of an idempotency key, and needs the same permission', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const [product_id = 0] = products
  const body = { type: 'receipt', lines: [{ product_id, quantity: 1 }] }
  const headers = { 'idempotency-key': 'once' }
  t.equal((await app.call('POST', '/movements?dry_run=true', { body, headers })).statusCode, 200)
  t.equal((await app.call('POST', '/movements', { body, headers })).statusCode, 201)
  t.equal((await app.call('POST', '/movements?dry_run=true', { body, headers })).statusCode, 200)
  t.equal((await app.call('POST', '/movements?dry_run=true', { as: 'user', body })).statusCode, 403)
  t.equal((await app.call('POST', '/movements?dry_run=yes', { body })).statusCode, 400)
  t.equal((await app.call('POST', '/movements?dryrun=true', { body })).statusCode, 400, 'a misspelt one writes nothing')
  t.equal((await app.call('GET', '/movements?include_total=true')).json().total, 1)
})
