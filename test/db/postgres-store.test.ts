import { setTimeout as sleep } from 'node:timers/promises'
import { type Selectable, sql } from 'kysely'
import pg from 'pg'
import tap, { type Test } from 'tap'
import type { PostgresSettings } from '../../src/db/postgres/store.ts'
import { prepared } from '../../src/db/prepared.ts'
import type { Categories } from '../../src/db/schema.gen.ts'
import type { Writer } from '../../src/db/types.ts'
import { engines } from '../support/databases.ts'
import { eventually, PATIENCE_MS } from '../support/eventually.ts'
import { addCategory, categoryNames, databaseFor, openOn, problem } from '../support/stores.ts'

const skip = engines.includes('postgresql') ? false : 'no PostgreSQL'
const test = (name: string, run: (t: Test) => Promise<void>) => tap.test(name, { skip }, run)

async function storeOnServer(t: Test, settings: Partial<PostgresSettings> = {}) {
  const { url } = await databaseFor(t, 'postgresql')
  const store = openOn(url, settings)
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  t.teardown(async () => {
    await store.close()
    await client.end()
  })
  return { url, store, client }
}

const rename = async (trx: Writer, from: string, description: string) =>
  await trx.updateTable('categories').set({ description }).where('name', '=', from).execute()

test('transactions that deadlock are run again, whole', async (t) => {
  const { store } = await storeOnServer(t)
  await store.write(async (trx) => {
    await addCategory(trx, 'a')
    await addCategory(trx, 'b')
  })
  let runs = 0
  let holding = 0
  const bothHold = Promise.withResolvers<void>()
  const cross = (first: string, second: string) =>
    store.write(async (trx) => {
      runs += 1
      await rename(trx, first, `by ${first}`)
      holding += 1
      if (holding === 2) bothHold.resolve()
      await bothHold.promise
      await rename(trx, second, `by ${first}`)
      return first
    })
  t.same(await Promise.all([cross('a', 'b'), cross('b', 'a')]), ['a', 'b'])
  t.ok(runs > 2, `${runs} runs: there was a deadlock`)
  const rows = await store.query((db) => db.selectFrom('categories').select('description').execute())
  t.equal(rows[0]?.description, rows[1]?.description, 'the last one wrote both')
})

test('transactions that cannot be serialised are run again, whole', async (t) => {
  const { store } = await storeOnServer(t)
  let runs = 0
  const bothHaveRead = Promise.withResolvers<void>()
  const count = async (name: string) =>
    await store.write(async (trx) => {
      runs += 1
      const isSecond = runs === 2
      await sql`set transaction isolation level serializable`.execute(trx)
      const rows = await trx.selectFrom('categories').select('id').execute()
      if (isSecond) bothHaveRead.resolve()
      await bothHaveRead.promise
      await addCategory(trx, `${name} saw ${rows.length}`)
    })
  await Promise.all([count('one'), count('two')])
  t.ok(runs > 2, `${runs} runs: there was a conflict`)
  const names = (await categoryNames(store)).map((name) => name.slice(-1)).sort()
  t.same(names, ['0', '1'], 'as if one had come after the other')
})

test('a row that is held too long is answered within the bound', async (t) => {
  // Its connections too must be made within that time.
  const { store, client } = await storeOnServer(t, { waitMs: 1500 })
  await store.write((trx) => addCategory(trx, 'held'))
  await client.query("begin; update categories set description = 'mine' where name = 'held'")
  await t.rejects(
    store.write((trx) => rename(trx, 'held', 'yours')),
    { ...problem('database-busy'), message: /more than 1500 ms/ },
    'while it is still held',
  )
  await client.query('rollback')
  await store.write((trx) => rename(trx, 'held', 'yours'))
})

test('a statement that takes too long is answered within the bound', async (t) => {
  const { store } = await storeOnServer(t, { statementMs: 300 })
  await t.rejects(
    store.query((db) => sql`select pg_sleep(600)`.execute(db as never)),
    { ...problem('database-busy'), cause: { code: '57014' } } as Error,
    'the server gave it up, not the client that waited in vain',
  )
})

test('exclusive work takes its time', async (t) => {
  const { store } = await storeOnServer(t, { statementMs: 1000, waitMs: 1000 })
  const slow = () =>
    store.exclusive(async (trx) => {
      await sql`select pg_sleep(1.2)`.execute(trx)
      await sleep(1200)
      await addCategory(trx, crypto.randomUUID())
    }, PATIENCE_MS)
  await Promise.all([slow(), slow()])
  t.equal((await categoryNames(store)).length, 2)
})

test('a full pool is answered within the bound, and is not away', async (t) => {
  const { store } = await storeOnServer(t, { poolSize: 2, waitMs: 1500 })
  const released = Promise.withResolvers<void>()
  const hold = async () => {
    const holds = Promise.withResolvers<void>()
    const held = store.read(async (db) => {
      await db.selectFrom('categories').select('id').execute()
      holds.resolve()
      await released.promise
    })
    await Promise.race([holds.promise, held])
    return { held }
  }
  const holders = [await hold(), await hold()]
  await t.rejects(categoryNames(store), problem('database-busy'), 'while both are still held')
  released.resolve()
  await Promise.all(holders.map(({ held }) => held))
  t.same(await categoryNames(store), [])
})

test('idle connections that the server ends are not noticed', async (t) => {
  const broken: Error[] = []
  const { store, client } = await storeOnServer(t, { onPoolError: (error) => broken.push(error) })
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 10 }, () => categoryNames(store)))
    await endOthers(client)
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => store.write((trx) => addCategory(trx, `${round} ${index}`))),
    )
  }
  t.equal((await categoryNames(store)).length, 50)
  t.ok(broken.length > 0, 'and are told of')
})

const endOthers = async (client: pg.Client) =>
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  )

test('a job whose connection is cut is run again from its beginning', async (t) => {
  const { store, client } = await storeOnServer(t)
  let runs = 0
  await store.write(async (trx) => {
    runs += 1
    await addCategory(trx, `run ${runs}`)
    if (runs === 1) await endOthers(client)
    await addCategory(trx, 'end')
  })
  t.same(await categoryNames(store), ['end', 'run 2'])
})

test('a job that hides the failure of a statement is not taken for committed', async (t) => {
  const { store } = await storeOnServer(t)
  await store.write((trx) => addCategory(trx, 'taken'))
  const hidden = store.write(async (trx) => {
    await addCategory(trx, 'new')
    await addCategory(trx, 'taken').catch(() => {})
  })
  await t.rejects(hidden, { message: /rolled back/ })
  t.same(await categoryNames(store), ['taken'])
})

const findByName = prepared<{ name: string }, Selectable<Categories>>('test_category_by_name', (db, values) =>
  db.selectFrom('categories').selectAll().where('name', '=', values.name),
)

test('statements prepared before a migration work after it, on every connection', async (t) => {
  const { store, client } = await storeOnServer(t, { poolSize: 8 })
  await store.write((trx) => addCategory(trx, 'old'))
  const readAll = () =>
    Promise.all(Array.from({ length: 16 }, () => store.read((db) => findByName(db, { name: 'old' }))))
  for (const column of ['one', 'two', 'three']) {
    await readAll()
    await client.query(`alter table categories add column ${column} text not null default 'x'`)
    for (const [row] of await readAll()) t.match(row, { name: 'old', [column]: 'x' })
    await store.write(async (trx) => t.match(await findByName(trx, { name: 'old' }), [{ [column]: 'x' }]))
  }
})

test('a prepared statement whose value is missing is refused', async (t) => {
  const { store } = await storeOnServer(t)
  await t.rejects(
    store.query((db) => findByName(db, {} as { name: string })),
    { message: /misses its value name/ },
  )
})

test('a read does not leave its transaction open', async (t) => {
  const { store, client } = await storeOnServer(t, { poolSize: 1 })
  await categoryNames(store)
  await store.write((trx) => addCategory(trx, 'after'))
  await categoryNames(store)
  const states = async () => {
    const { rows } = await client.query(
      `select state from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and backend_type = 'client backend'`,
    )
    return rows
  }
  await eventually(t, states, [{ state: 'idle' }])
})

test('a database that does not let us in is away, not broken', async (t) => {
  const { url } = await databaseFor(t, 'postgresql')
  for (const change of [{ password: 'wrong' }, { pathname: '/nowhere' }, { port: '1' }]) {
    const changed: URL = Object.assign(new URL(url), change)
    const store = openOn(changed.href)
    const started = performance.now()
    await t.rejects(store.ping(), problem('database-unavailable'))
    t.ok(performance.now() - started < PATIENCE_MS / 2, 'it is not waited for')
    await store.close()
  }
})

test('a store that only migrated leaves no connection behind', async (t) => {
  const { url, client } = await storeOnServer(t)
  const store = openOn(url)
  await store.exclusive((trx) => addCategory(trx, 'new'), 1000)
  await store.close()
  const others = async () => {
    const { rowCount } = await client.query(
      'select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    return rowCount
  }
  await eventually(t, others, 0)
})

test('a missing password is told as such, and leaves no socket open', async (t) => {
  const { url } = await databaseFor(t, 'postgresql')
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  await eventually(t, sockets, 0, 'those of the tests before are gone')
  const store = openOn(Object.assign(new URL(url), { password: '' }).href)
  await t.rejects(store.ping(), /the server wants a password, and there is none/)
  await store.close()
  await eventually(t, sockets, 0)
})
