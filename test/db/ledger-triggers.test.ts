import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type Test, test } from 'tap'
import { violatedConstraint } from '../../src/db/dialect.ts'
import type { Engine, Store, Writer } from '../../src/db/types.ts'
import { onEveryEngine } from '../support/app.ts'
import { engines } from '../support/databases.ts'
import { insertMovement } from '../support/ledger-rows.ts'
import { category, INSTANT, storeFor } from '../support/stores.ts'

const skip = engines.includes('postgresql') ? false : 'no PostgreSQL'
const times = { created_at: INSTANT, updated_at: INSTANT }

const user = (username: string, role = 'admin') => {
  const email = `${username}@example.com`
  return { username, username_key: username, email, email_key: email, password_hash: '!', role, ...times }
}

/** A user, a product, the default location (1) and another one (2); no stock. */
async function ledgerFor(t: Test, engine: Engine): Promise<Store> {
  const { store } = await storeFor(t, engine)
  await store.write(async (trx) => {
    await trx.insertInto('users').values(user('ann')).execute()
    await trx.insertInto('categories').values(category('tools')).execute()
    const shop = { code: 'SHOP', code_key: 'shop', name: 'Shop', name_key: 'shop', ...times }
    await trx.insertInto('locations').values(shop).execute()
    const names = { sku: 'H1', sku_key: 'h1', name: 'Hammer', name_key: 'hammer', search_text: 'hammer' }
    await trx
      .insertInto('products')
      .values({ ...names, price: 1, category_id: 1, unit: 'pcs', ...times })
      .execute()
  })
  return store
}

interface Line {
  from?: number
  to?: number
  quantity: number
  value?: number
}

/** One movement of product 1, by direct inserts. */
async function record(trx: Writer, ...lines: Line[]): Promise<void> {
  const movement = { type: 'adjustment', actor_id: 1, effective_at: INSTANT, recorded_at: INSTANT }
  const rows = lines.map(({ from = null, to = null, ...line }) => ({
    ...{ product_id: 1, from_location_id: from, to_location_id: to },
    ...line,
  }))
  await insertMovement(trx, movement, rows)
}

const balances = (store: Store) =>
  store.read(async (db) => ({
    stock: await db.selectFrom('stock').select(['location_id', 'quantity']).orderBy('location_id').execute(),
    costs: await db.selectFrom('product_costs').select(['quantity', 'value']).execute(),
  }))

const direct = (store: Store, statement: RawBuilder<unknown>) => store.write((trx) => statement.execute(trx))

/** The name of the rule that refuses the work. */
async function refusal(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return 'nothing refused it'
  } catch (error) {
    return violatedConstraint(error) ?? String(error)
  }
}

onEveryEngine('nothing changes or removes a movement or a line', async (t, engine) => {
  const store = await ledgerFor(t, engine)
  await store.write((trx) => record(trx, { to: 1, quantity: 5, value: 10 }))
  const before = await balances(store)
  const attacks = [
    sql`update movements set note = 'changed'`,
    sql`update movement_lines set quantity = 1`,
    sql`update movement_lines set id = id + 1`,
    sql`delete from movement_lines`,
    sql`delete from movements where id = 1`,
  ]
  if (engine === 'postgresql') {
    attacks.push(sql`truncate movement_lines`, sql`truncate movements cascade`, sql`truncate users cascade`)
  } else {
    attacks.push(
      sql`insert or replace into movements select * from movements`,
      sql`replace into movement_lines select * from movement_lines`,
      sql`update or replace movements set note = 'changed'`,
    )
  }
  for (const attack of attacks) t.equal(await refusal(direct(store, attack)), 'ledger_is_append_only')
  t.same(await balances(store), before)
})

onEveryEngine('a line keeps stock and costs in step, whoever writes it', async (t, engine) => {
  const store = await ledgerFor(t, engine)
  await store.write((trx) => record(trx, { to: 1, quantity: 5, value: 10 }, { to: 1, quantity: 2, value: 5 }))
  const main = { location_id: 1, quantity: 7 }
  t.same(await balances(store), { stock: [main], costs: [{ quantity: 7, value: 15 }] })
  await store.write((trx) => record(trx, { from: 1, to: 2, quantity: 3, value: 6 }))
  const both = [
    { location_id: 1, quantity: 4 },
    { location_id: 2, quantity: 3 },
  ]
  t.same(await balances(store), { stock: both, costs: [{ quantity: 7, value: 15 }] }, 'a transfer costs nothing')
  await store.write((trx) => record(trx, { from: 1, quantity: 4, value: 9 }, { from: 2, quantity: 3, value: 6 }))
  const none = both.map((level) => ({ ...level, quantity: 0 }))
  t.same(await balances(store), { stock: none, costs: [{ quantity: 0, value: 0 }] })
  const versions = await store.query((db) => db.selectFrom('stock').select(['version', 'updated_at']).execute())
  t.same(versions.map((row) => row.version).sort(), [3, 5], 'each line is a version')
})

onEveryEngine('a line that cannot be is refused, with all its movement', async (t, engine) => {
  const store = await ledgerFor(t, engine)
  await store.write((trx) => record(trx, { to: 1, quantity: 5, value: 10 }))
  const before = await balances(store)
  const cases: [Line, string][] = [
    [{ from: 1, quantity: 6, value: 10 }, 'stock_quantity_check'],
    [{ from: 2, quantity: 1 }, 'stock_level_missing'],
    [{ from: 1, quantity: 1, value: 11 }, 'product_costs_value_check'],
    [{ from: 1, quantity: 5, value: 9 }, 'product_costs_value_check'],
    [{ quantity: 1 }, 'movement_lines_locations_check'],
    [{ from: 1, to: 1, quantity: 1 }, 'movement_lines_locations_check'],
    [{ to: 1, quantity: -1 }, 'movement_lines_quantity_check'],
    [{ to: 1, quantity: 0, value: 1 }, 'movement_lines_value_check'],
    [{ to: 1, quantity: 1_000_000_000_000 }, 'stock_quantity_check'],
    [{ to: 1, quantity: 1_000_000_000_001 }, 'movement_lines_quantity_check'],
  ]
  for (const [line, rule] of cases) {
    t.equal(await refusal(store.write((trx) => record(trx, { to: 1, quantity: 0 }, line))), rule, JSON.stringify(line))
  }
  t.same(await balances(store), before)
})

onEveryEngine('the first receipts of a product, all at once, are all counted', async (t, engine) => {
  const store = await ledgerFor(t, engine)
  const receive = () => store.write((trx) => record(trx, { to: 1, quantity: 2, value: 3 }))
  await Promise.all(Array.from({ length: 20 }, receive))
  t.same(await balances(store), { stock: [{ location_id: 1, quantity: 40 }], costs: [{ quantity: 40, value: 60 }] })
})

onEveryEngine('one active administrator is left, whatever is done to users', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  await store.write((trx) =>
    trx
      .insertInto('users')
      .values([user('ann'), user('bob'), user('eve', 'viewer')])
      .execute(),
  )
  const no = engine === 'sqlite' ? sql`0` : sql`false`
  for (const attack of [
    sql`update users set role = 'viewer'`,
    sql`update users set is_active = ${no}`,
    sql`delete from users where role = 'admin'`,
    sql`delete from users`,
  ]) {
    t.equal(await refusal(direct(store, attack)), 'users_keep_an_admin')
  }
  await direct(store, sql`update users set role = 'viewer' where username = 'ann'`)
  t.equal(await refusal(direct(store, sql`delete from users where username = 'bob'`)), 'users_keep_an_admin')
  await direct(store, sql`delete from users where username = 'eve'`)
  t.same(await store.query((db) => db.selectFrom('users').select(['username', 'role']).orderBy('id').execute()), [
    { username: 'ann', role: 'viewer' },
    { username: 'bob', role: 'admin' },
  ])
})

test('two transactions that each demote the other administrator take turns', { skip }, async (t) => {
  const { store } = await storeFor(t, 'postgresql')
  await store.write((trx) =>
    trx
      .insertInto('users')
      .values([user('ann'), user('bob')])
      .execute(),
  )
  const demote = (name: string) =>
    store.write(async (trx) => {
      await sql`update users set role = 'viewer' where username = ${name}`.execute(trx)
      await sql`select pg_sleep(0.1)`.execute(trx as unknown as Kysely<unknown>)
    })
  const outcomes = await Promise.all([refusal(demote('ann')), refusal(demote('bob'))])
  t.same(outcomes.sort(), ['nothing refused it', 'users_keep_an_admin'])
})
