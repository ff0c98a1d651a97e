import { sql } from 'kysely'
import { buildTestApp, onEveryEngine, type TestApp } from '../support/app.ts'
import { seedShop } from '../support/shop.ts'
import { move, proofOf } from '../support/stock.ts'

const run = (app: TestApp, statement: string) => app.store.write((trx) => sql.raw(statement).execute(trx))

/** A shop whose one product came, moved and left, so that the ledger names all there is. */
async function withHistory(app: TestApp) {
  const { products, locations } = await seedShop(app.store)
  const [product_id = 0] = products
  const [main = 0, second = 0] = locations
  await move(app, 'receipt', [{ product_id, quantity: 5, unit_cost: '1.00' }])
  await move(app, 'transfer', [{ product_id, quantity: 5, to_location_id: second }])
  const issue = (await move(app, 'issue', [{ product_id, quantity: 5, location_id: second }])).json()
  return { product_id, main, second, issue }
}

const snapshot = (app: TestApp) =>
  app.store.read(async (reader) => ({
    movements: await reader.selectFrom('movements').selectAll().orderBy('id').execute(),
    lines: await reader.selectFrom('movement_lines').selectAll().orderBy('id').execute(),
  }))

onEveryEngine('what the ledger names cannot be deleted, not even in the database', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { product_id, main, second, issue } = await withHistory(app)
  for (const [table, id] of [
    ['products', product_id],
    ['locations', main],
    ['locations', second],
    ['users', issue.actor_id],
    ['movements', issue.id],
  ] as const) {
    await t.rejects(run(app, `delete from ${table} where id = ${id}`), `${table} ${id}`)
  }
  for (const path of [`/locations/${main}`, `/locations/${second}`, `/products/${product_id}`]) {
    t.equal((await app.call('DELETE', path)).statusCode, 409, path)
  }
  // Also once no level is left that would stand in the way.
  await run(app, 'delete from stock where quantity = 0')
  await t.rejects(run(app, `delete from locations where id = ${second}`))
  t.equal((await app.call('DELETE', `/locations/${second}`)).statusCode, 409)
})

onEveryEngine('movements and their lines cannot be changed, deleted, replaced or emptied', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { issue } = await withHistory(app)
  await app.call('POST', `/movements/${issue.id}/reversal`)
  const before = await snapshot(app)
  const statements = [
    'update movements set note = note',
    "update movements set note = 'x' where id = 1",
    'delete from movements where reversal_of is not null',
    'update movement_lines set quantity = quantity + 1',
    'delete from movement_lines where id = 1',
    'delete from movement_lines',
    ...(engine === 'sqlite'
      ? [
          'insert or replace into movements select * from movements where id = 1',
          'insert or replace into movements (type, actor_id, effective_at, recorded_at, reversal_of) select type, actor_id, effective_at, recorded_at, reversal_of from movements where reversal_of is not null',
          'insert or replace into movement_lines select * from movement_lines where id = 1',
          'insert or replace into movement_lines (movement_id, line_number, product_id, to_location_id, quantity, value) select movement_id, line_number, product_id, to_location_id, 0, 0 from movement_lines where id = 1',
          'update or replace movement_lines set id = 2 where id = 1',
          'insert into movements select * from movements where id = 1 on conflict (id) do update set note = excluded.note',
        ]
      : [
          'truncate movement_lines',
          'truncate movements cascade',
          'insert into movements overriding system value select * from movements where id = 1 on conflict (id) do update set note = excluded.note',
        ]),
  ]
  for (const statement of statements) await t.rejects(run(app, statement), /ledger_is_append_only/, statement)
  t.same(await snapshot(app), before)
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('the database itself refuses a balance below nothing and a value of nothing', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { product_id, main, second, issue } = await withHistory(app)
  const line = (from: number | null, to: number | null, quantity: number, value: number) =>
    run(
      app,
      `insert into movement_lines (movement_id, line_number, product_id, from_location_id, to_location_id, quantity, value)
       values (${issue.id}, 99, ${product_id}, ${from}, ${to}, ${quantity}, ${value})`,
    )
  await t.rejects(line(main, null, 1, 0), 'more than there is')
  await t.rejects(line(second, main, 1, 0), 'a transfer of more than there is')
  await t.rejects(line(null, main, -1, 0), 'a negative quantity')
  await t.rejects(line(null, main, 1, -1), 'a negative value')
  await t.rejects(line(null, main, 0, 5), 'a value without a quantity')
  await t.rejects(line(null, null, 1, 0), 'from nowhere to nowhere')
  await t.rejects(line(main, main, 1, 0), 'from a place to itself')
  await t.rejects(line(999_999, null, 0, 0), 'from a place that has no level')
  await t.rejects(line(null, main, 1_000_000_000_001, 0), 'beyond the limit')
  for (const change of ['quantity = -1', 'reserved = -1', 'min_stock = -1', 'quantity = 1000000000001']) {
    await t.rejects(run(app, `update stock set ${change}`), change)
  }
  await t.rejects(run(app, 'update product_costs set value = 1'), 'nothing on hand is worth nothing')
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('archiving, deleting and receiving a product at once never hide or orphan stock', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store, Array(12).fill(0))
  for (const [index, product_id] of products.entries()) {
    const receive = () => move(app, 'receipt', [{ product_id, quantity: 1 }])
    const end = () =>
      index % 2 === 0
        ? app.call('POST', `/products/${product_id}/archive`)
        : app.call('DELETE', `/products/${product_id}`)
    const answers = await Promise.all([receive(), end(), receive()])
    const statuses = answers.map((answer) => answer.statusCode)
    t.ok(
      statuses.every((status) => [200, 201, 204, 409, 422].includes(status)),
      `${statuses}`,
    )
    const received = statuses.filter((status) => status === 201).length
    t.equal(answers[1]?.statusCode, received > 0 ? 409 : index % 2 === 0 ? 200 : 204, `${received} receipts`)
  }
  t.same((await proofOf(app)).differences, [])
})
