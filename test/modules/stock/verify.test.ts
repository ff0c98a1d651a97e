import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Writer } from '../../../src/db/types.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { move, proofOf } from '../../support/stock.ts'

const tamper = (app: TestApp, job: (trx: Writer) => Promise<unknown>) => app.store.write(job)

/** Takes the guards off the ledger, as somebody with the database in their hands could. */
async function disarm(app: TestApp): Promise<void> {
  const sqlite = ['movements', 'movement_lines'].flatMap((table) => [
    `${table}_refuse_update`,
    `${table}_refuse_delete`,
  ])
  const statements =
    app.engine === 'sqlite'
      ? sqlite.map((name) => `drop trigger ${name}`)
      : ['movements', 'movement_lines'].map((table) => `alter table ${table} disable trigger user`)
  await tamper(app, async (trx) => {
    for (const statement of statements) await sql.raw(statement).execute(trx)
  })
}

onEveryEngine('a ledger nobody touched has no differences', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  t.same(await proofOf(app), {
    ok: true,
    checked: { movements: 0, lines: 0, levels: 0, reservations: 0 },
    differences: [],
  })
  const { products } = await seedShop(app.store, [0, 2])
  const lines = products.map((product_id) => ({ product_id, quantity: 5, unit_cost: '1.00' }))
  const { id } = (await move(app, 'receipt', lines)).json()
  await app.call('POST', `/movements/${id}/reversal`)
  t.same(await proofOf(app), {
    ok: true,
    checked: { movements: 2, lines: 4, levels: 2, reservations: 0 },
    differences: [],
  })
})

onEveryEngine('every number changed behind its back is told', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [2, 0, 0, 0])
  const [a = 0, b = 0, c = 0, d = 0] = products
  const [main = 0, second = 0] = locations
  await move(
    app,
    'receipt',
    products.map((product_id) => ({ product_id, quantity: 12, unit_cost: '2.00' })),
  )
  await move(app, 'receipt', [{ product_id: d, quantity: 3, location_id: second, unit_cost: '2.00' }])
  await tamper(app, async (trx) => {
    await trx.updateTable('stock').set({ quantity: 12_250 }).where('product_id', '=', a).execute()
    await trx.updateTable('product_costs').set({ quantity: 11_000, value: 1 }).where('product_id', '=', b).execute()
    await trx.updateTable('stock').set({ reserved: 2000 }).where('product_id', '=', c).execute()
    await trx.deleteFrom('stock').where('product_id', '=', d).where('location_id', '=', second).execute()
  })
  const proof = await proofOf(app)
  t.equal(proof.ok, false)
  t.same(proof.differences, [
    { kind: 'level', field: 'quantity', product_id: a, location_id: main, recorded: '12.25', recomputed: '12' },
    { kind: 'level', field: 'reserved', product_id: c, location_id: main, recorded: '2', recomputed: '0' },
    { kind: 'level', field: 'quantity', product_id: d, location_id: second, recorded: '0', recomputed: '3' },
    { kind: 'product', field: 'quantity', product_id: b, recorded: '11', recomputed: '12' },
    { kind: 'product', field: 'value', product_id: b, recorded: '0.0001', recomputed: '24.00' },
  ])
})

onEveryEngine('a ledger changed behind its back is told', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  const [main = 0] = locations
  const first = (await move(app, 'receipt', [{ product_id: a, quantity: 10, unit_cost: '2.00' }])).json()
  const second = (await move(app, 'receipt', [{ product_id: b, quantity: 4 }])).json()
  const reversal = (await app.call('POST', `/movements/${second.id}/reversal`)).json()
  await disarm(app)
  await tamper(app, async (trx) => {
    await trx.updateTable('movement_lines').set({ quantity: 9000 }).where('movement_id', '=', first.id).execute()
    await trx.deleteFrom('movement_lines').where('movement_id', '=', reversal.id).execute()
    await trx.deleteFrom('movement_lines').where('movement_id', '=', second.id).execute()
  })
  const { differences } = await proofOf(app)
  t.same(differences, [
    { kind: 'level', field: 'quantity', product_id: a, location_id: main, recorded: '10', recomputed: '9' },
    { kind: 'product', field: 'quantity', product_id: a, recorded: '10', recomputed: '9' },
    { kind: 'movement', field: 'lines', movement_id: second.id, recorded: '0', recomputed: '1' },
    { kind: 'movement', field: 'lines', movement_id: reversal.id, recorded: '0', recomputed: '1' },
  ])
})

onEveryEngine('a reversal that is no mirror, and a product without totals, are told', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  const receipt = (await move(app, 'receipt', [{ product_id: a, quantity: 10 }])).json()
  const reversal = (await app.call('POST', `/movements/${receipt.id}/reversal`)).json()
  await move(app, 'receipt', [{ product_id: b, quantity: 1, unit_cost: '3.00' }])
  await disarm(app)
  await tamper(app, async (trx) => {
    await trx.updateTable('movement_lines').set({ quantity: 1000 }).where('movement_id', '=', reversal.id).execute()
    await trx.updateTable('stock').set({ quantity: 9000 }).where('product_id', '=', a).execute()
    await trx.updateTable('product_costs').set({ quantity: 9000 }).where('product_id', '=', a).execute()
    await trx.deleteFrom('product_costs').where('product_id', '=', b).execute()
  })
  t.same((await proofOf(app)).differences, [
    { kind: 'product', field: 'quantity', product_id: b, recorded: '0', recomputed: '1' },
    { kind: 'product', field: 'value', product_id: b, recorded: '0.00', recomputed: '3.00' },
    { kind: 'movement', field: 'reversal', movement_id: reversal.id, recorded: 'no mirror', recomputed: 'mirror' },
  ])
})

onEveryEngine('ids with great gaps are proven as fast as any', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  await app.store.write(async (trx) => {
    const { id: _id, ...product } = await trx.selectFrom('products').selectAll().executeTakeFirstOrThrow()
    const far = { ...product, id: 4_000_000_000_000, sku_key: 'far' }
    await trx.insertInto('products').values(far).execute()
    await trx.insertInto('product_costs').values({ product_id: far.id }).execute()
  })
  await move(app, 'receipt', [{ product_id: products[0], quantity: 1 }])
  t.equal((await move(app, 'receipt', [{ product_id: 4_000_000_000_000, quantity: 1 }])).statusCode, 201)
  t.match(await proofOf(app), { ok: true, checked: { lines: 2, levels: 2 } })
})

onEveryEngine('others are served while a ledger of five thousand products is proven', async (t, engine) => {
  const app = await buildTestApp(t, engine, { RATE_LIMIT_MAX: '0' })
  const { products } = await seedShop(app.store, Array(5000).fill(0))
  for (let from = 0; from < products.length; from += 200) {
    const lines = products
      .slice(from, from + 200)
      .map((product_id) => ({ product_id, quantity: 10, unit_cost: '1.00' }))
    t.equal((await move(app, 'receipt', lines)).statusCode, 201)
  }
  let proven = false
  let longest = 0
  const proof = proofOf(app).finally(() => {
    proven = true
  })
  let sold = 0
  do {
    const began = performance.now()
    const answer = await move(app, 'issue', [{ product_id: products[sold % 5000], quantity: 1 }])
    longest = Math.max(longest, performance.now() - began)
    if (answer.statusCode !== 201) t.fail(answer.body)
    sold += 1
    await sleep(1)
  } while (!proven)
  t.match(
    await proof,
    { ok: true, differences: [], checked: { levels: 5000 } },
    'what is sold meanwhile is no difference',
  )
  t.ok(longest < 1000, `the longest of ${sold} movements took ${Math.round(longest)} ms`)
})
