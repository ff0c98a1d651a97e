import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import { type Test, test } from 'tap'
import { Migrations } from '../../src/db/migrator.ts'
import { openSqlite, type SqliteSettings } from '../../src/db/sqlite/store.ts'
import type { Reader, Store } from '../../src/db/types.ts'
import { PATIENCE_MS } from '../support/eventually.ts'
import { addCategory, categoryNames, databaseFor, problem } from '../support/stores.ts'

const GROUP_SIZE = 128

async function storeOnFile(t: Test, settings: Partial<SqliteSettings> = {}): Promise<{ store: Store; file: string }> {
  const file = (await databaseFor(t, 'sqlite')).url.slice('sqlite:'.length)
  const store = await openSqlite(file, { waitMs: PATIENCE_MS, ...settings })
  t.teardown(() => store.close())
  return { store, file }
}

/** Commits in the write-ahead log: the frames that carry the size of the database. */
function commitsIn(file: string): number {
  const log = readFileSync(`${file}-wal`)
  const frame = 24 + log.readUInt32BE(8)
  let commits = 0
  for (let offset = 32; offset + frame <= log.length; offset += frame) {
    if (log.readUInt32BE(offset + 4) > 0 && log.subarray(offset + 8, offset + 16).equals(log.subarray(16, 24)))
      commits += 1
  }
  return commits
}

/** Another process that holds the write lock, from now until `release` has resolved. */
async function lockElsewhere(t: Test, file: string): Promise<{ release(): Promise<void> }> {
  const driver = createRequire(import.meta.url).resolve('better-sqlite3')
  const script = `
    const database = new (require(${JSON.stringify(driver)}))(${JSON.stringify(file)})
    database.exec("begin immediate; delete from categories where name = 'nobody'")
    console.log('locked')
    process.stdin.once('data', () => { database.exec('commit'); console.log('free'); process.exit() })`
  const child = spawn(process.execPath, ['--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return {
    release: async () => {
      child.stdin.write('go')
      await once(child.stdout, 'data')
    },
  }
}

test('writes that come together share one commit, and no answer comes before it', async (t) => {
  const { store, file } = await storeOnFile(t)
  await store.write((trx) => addCategory(trx, 'first'))
  const before = commitsIn(file)
  const other = new Database(file, { readonly: true })
  t.teardown(() => other.close())
  const seen = other.prepare('select count(*) from categories where name = ?').pluck()
  const writes = Array.from({ length: GROUP_SIZE }, async (_, index) => {
    await store.write((trx) => addCategory(trx, `write ${index}`))
    if (seen.get(`write ${index}`) !== 1) t.fail(`the answer of write ${index} came before its commit`)
  })
  await Promise.all(writes)
  t.equal(commitsIn(file) - before, 1)
})

test('another process that holds the lock delays a write and blocks nothing', async (t) => {
  const { store, file } = await storeOnFile(t)
  const lock = await lockElsewhere(t, file)
  let written = false
  const write = store
    .write((trx) => addCategory(trx, 'late'))
    .finally(() => {
      written = true
    })
  // The lock is given back only after these: a write that let the event loop stand still would never get it.
  for (let turn = 0; turn < 20; turn += 1) {
    await sleep(10)
    t.same(await categoryNames(store), [], 'reads go on')
  }
  t.notOk(written)
  await lock.release()
  await write
  t.same(await categoryNames(store), ['late'])
})

test('a lock that is held too long is answered, and later writes work', async (t) => {
  const { store, file } = await storeOnFile(t, { waitMs: 200 })
  const lock = await lockElsewhere(t, file)
  await t.rejects(
    store.write((trx) => addCategory(trx, 'refused')),
    problem('database-busy'),
    'while it is still held',
  )
  await lock.release()
  await store.write((trx) => addCategory(trx, 'accepted'))
  t.same(await categoryNames(store), ['accepted'])
})

test('a full disk rejects the whole group and says so; with room again writes work', async (t) => {
  const { store } = await storeOnFile(t)
  await setMaxPages(store, 'page_count')
  const big = 'x'.repeat(50_000)
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => store.write((trx) => addCategory(trx, `${index} ${big}`))),
  )
  t.ok(outcomes.every((outcome) => outcome.status === 'rejected'))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected' && outcome.reason.slug !== 'database-unavailable') t.fail(String(outcome.reason))
  }
  t.same(await categoryNames(store), [])
  await setMaxPages(store, 1_000_000)
  await store.write((trx) => addCategory(trx, 'room'))
  t.same(await categoryNames(store), ['room'])
})

/** As the writing connection sees it: the limit belongs to a connection. */
async function setMaxPages(store: Store, pages: number | 'page_count'): Promise<void> {
  await store.write(async (trx) => {
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(trx)
    const limit = pages === 'page_count' ? rows[0]?.page_count : pages
    await sql`pragma max_page_count = ${sql.lit(limit)}`.execute(trx)
  })
}

test('a job that waits for something else is given up; the others are not', async (t) => {
  const { store } = await storeOnFile(t, { jobMs: 2000 })
  const stuck = store.write(async (trx) => {
    await addCategory(trx, 'stuck')
    await new Promise(() => {})
  })
  const neighbour = store.write(async (trx) => {
    await sleep(200)
    await addCategory(trx, 'neighbour')
  })
  await t.rejects(stuck, { message: /given up after 2000 ms/ })
  await neighbour
  await t.rejects(
    store.read(() => new Promise(() => {})),
    { message: /given up/ },
  )
  t.same(await categoryNames(store), ['neighbour'])
})

test('a job that was given up can do nothing more', async (t) => {
  const { store } = await storeOnFile(t, { jobMs: 100 })
  const givenUp = Promise.withResolvers<void>()
  let late: Promise<unknown> = Promise.resolve()
  await t.rejects(
    store.write(async (trx) => {
      late = givenUp.promise.then(() => addCategory(trx, 'late'))
      await late
    }),
    { message: /given up/ },
  )
  givenUp.resolve()
  await t.rejects(late, { message: /ended|rolled back/ })
  t.same(await categoryNames(store), [])
})

test('one process can open a new file while another does', async (t) => {
  const { url } = await databaseFor(t, 'sqlite', { empty: true })
  const file = url.slice('sqlite:'.length)
  const stores = await Promise.all(Array.from({ length: 8 }, () => openSqlite(file, { waitMs: PATIENCE_MS })))
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  const done = await Promise.all(stores.map((store) => new Migrations(store).migrate('latest')))
  t.equal(done.filter((names) => names.length > 0).length, 1)
})

test('a file that cannot be opened is named', async (t) => {
  const { url } = await databaseFor(t, 'sqlite')
  const folder = url.slice('sqlite:'.length).replace(/\/[^/]+$/, '')
  await t.rejects(openSqlite(folder, { waitMs: 100 }), { message: `the database file ${folder} cannot be opened` })
})

test('a connection is as durable and as strict as the design says', async (t) => {
  const { store } = await storeOnFile(t)
  const setting = (name: string) =>
    store.write(async (trx) => Object.values((await sql.raw<object>(`pragma ${name}`).execute(trx)).rows[0] ?? {})[0])
  t.equal(await setting('journal_mode'), 'wal')
  t.equal(await setting('synchronous'), 2, 'full')
  t.equal(await setting('foreign_keys'), 1)
  t.equal(await setting('busy_timeout'), 0)
  await t.rejects(
    store.read((reader) => sql`delete from categories`.execute(reader as never)),
    problem('database-unavailable'),
    'the reading connection writes nothing',
  )
})

test('a query sees what was committed since an older snapshot was taken', async (t) => {
  const { store } = await storeOnFile(t)
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const snapshot = store.read(async (reader) => {
    await countCategories(reader)
    begin()
    await held
    return await countCategories(reader)
  })
  await begun
  await store.write((trx) => addCategory(trx, 'new'))
  const newest = store.query(countCategories)
  release()
  t.equal(await snapshot, 0)
  t.equal(await newest, 1)
})

test('a query without a transaction leaves none behind, also when it fails', async (t) => {
  const { store } = await storeOnFile(t)
  await t.rejects(store.query((reader) => sql`select * from nowhere`.execute(reader)))
  await store.write((trx) => addCategory(trx, 'new'))
  t.equal(await store.query(countCategories), 1)
  await t.rejects(
    store.query((reader) => sql`insert into categories (name) values ('x')`.execute(reader)),
    'the connection only reads',
  )
})

test('no parameter stands where SQLite would plan the statement anew for each value', async (t) => {
  const { store } = await storeOnFile(t)
  const compiled = await store.query(async (reader) =>
    reader.selectFrom('products').select('id').where('sku_key', '=', 'a').limit(10).compile(),
  )
  t.equal(compiled.sql, 'select "id" from "products" where "sku_key" = +? limit +?')
  t.same(compiled.parameters, ['a', 10])
})

async function countCategories(reader: Reader): Promise<number> {
  return (await reader.selectFrom('categories').select('id').execute()).length
}
