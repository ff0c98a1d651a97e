import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { type Test, test } from 'tap'
import { Migrations } from '../../src/db/migrator.ts'
import type { Store } from '../../src/db/types.ts'
import { onEveryEngine, SECRETS } from '../support/app.ts'
import { engines, open } from '../support/databases.ts'
import { SHIPPED } from '../support/migrations.ts'
import { dumpSchema, tablesOf } from '../support/schema-dump.ts'
import { addCategory, databaseFor, storeFor } from '../support/stores.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** A folder (with a name that URLs would misread) of migrations of one's own. */
function folderOf(t: Test, migrations: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrations #100%-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const [name, body] of Object.entries(migrations)) writeFileSync(join(folder, `${name}.js`), body)
  return folder
}

const create = (table: string, then = '') => `
  export async function up(db) {
    await db.schema.createTable('${table}').addColumn('id', 'integer').execute()
    ${then}
  }
  export async function down(db) { await db.schema.dropTable('${table}').execute() }`

onEveryEngine('up, down to nothing, and up again leave the same schema', async (t, engine) => {
  const { store } = await storeFor(t, engine, { empty: true })
  const migrations = new Migrations(store)
  t.same(await migrations.state(), { applied: [], pending: SHIPPED, unknown: [] })
  const empty = await dumpSchema(store)
  t.same(await migrations.migrate('latest'), SHIPPED)
  t.same((await migrations.state()).pending, [])
  const first = await dumpSchema(store)
  for (const name of SHIPPED.toReversed()) t.same(await migrations.migrate('down'), [name])
  t.same(await migrations.migrate('down'), [])
  t.same(await dumpSchema(store), empty, 'nothing is left')
  for (const name of SHIPPED) t.same(await migrations.migrate('up'), [name])
  t.same(await dumpSchema(store), first)
  t.ok(first.length > 40, `${first.length} objects compared`)
})

const skip = engines.includes('postgresql') ? false : 'no PostgreSQL'

test('both engines have the same tables and columns, and the same of them may be null', { skip }, async (t) => {
  const [sqlite, postgres] = await Promise.all([storeFor(t, 'sqlite'), storeFor(t, 'postgresql')])
  t.same(await tablesOf(sqlite.store), await tablesOf(postgres.store))
})

onEveryEngine('a migration that fails halfway leaves nothing, also of those before it', async (t, engine) => {
  const { store } = await storeFor(t, engine, { empty: true })
  const before = await dumpSchema(store)
  const good = create('one')
  const folder = folderOf(t, { '0001-one': good, '0002-two': create('two', 'throw new Error("no room")') })
  await t.rejects(new Migrations(store, folder).migrate('latest'), {
    message: 'migration 0002-two failed, nothing was changed: no room',
  })
  t.same(await dumpSchema(store), before)
  t.same((await new Migrations(store, folder).state()).pending, ['0001-one', '0002-two'])
  const mended = folderOf(t, { '0001-one': good, '0002-two': create('two') })
  t.same(await new Migrations(store, mended).migrate('latest'), ['0001-one', '0002-two'])
})

onEveryEngine('a process killed while it migrates leaves nothing in the way', async (t, engine) => {
  const { store, database } = await storeFor(t, engine, { empty: true })
  const wait = `process.stdout.write('halfway'); await new Promise((resolve) => setTimeout(resolve, 60_000))`
  const child = migrateElsewhere(t, database.url, folderOf(t, { '0001-one': create('one', wait) }))
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.notOk((await dumpSchema(store)).some((line) => line.includes('one')))
  const mended = folderOf(t, { '0001-one': create('one') })
  t.same(await new Migrations(store, mended).migrate('latest'), ['0001-one'])
})

onEveryEngine('two processes that start at once both succeed, and one does the work', async (t, engine) => {
  const database = await databaseFor(t, engine, { empty: true })
  const slow = `await new Promise((resolve) => setTimeout(resolve, 300))`
  const folder = folderOf(t, { '0001-one': create('one', slow), '0002-two': create('two') })
  const said = await Promise.all(
    [1, 2, 3].map(async () => {
      const child = migrateElsewhere(t, database.url, folder)
      const chunks: string[] = []
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
      const [code] = await once(child, 'close')
      return `${code} ${chunks.join('').trim()}`
    }),
  )
  t.same(said.sort(), ['0 ["0001-one","0002-two"]', '0 []', '0 []'])
})

/** Migrates in a process of its own, which prints the names of those run. */
function migrateElsewhere(t: Test, url: string, folder: string) {
  const script = `
    import { Migrations } from '${ROOT}/src/db/migrator.ts'
    import { open } from '${ROOT}/test/support/databases.ts'
    const store = await open(process.env.DATABASE_URL)
    console.log(JSON.stringify(await new Migrations(store, process.env.FOLDER).migrate('latest')))
    await store.close()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, DATABASE_URL: url, FOLDER: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

onEveryEngine('a schema newer than the program stops the start and every migration', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  await pretend(store, '9999-tomorrow')
  t.same((await new Migrations(store).state()).unknown, ['9999-tomorrow'])
  const message =
    'the database has migrations that this version does not know (9999-tomorrow): start the newer version.'
  for (const step of ['latest', 'up', 'down'] as const) {
    await t.rejects(new Migrations(store).migrate(step), { message })
  }
  const env = { ...process.env, ...SECRETS, NODE_ENV: 'test', DATABASE_URL: database.url, PORT: '0' }
  const server = spawn(process.execPath, ['src/server.ts'], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => server.kill('SIGKILL'))
  const chunks: string[] = []
  server.stderr.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  const [code] = await once(server, 'close')
  t.equal(code, 1)
  t.match(chunks.join(''), message)
})

const pretend = async (store: Store, name: string) =>
  await store.write((trx) =>
    sql`insert into kysely_migration (name, timestamp) values (${name}, '2030-01-01T00:00:00.000Z')`.execute(trx),
  )

onEveryEngine('a migration without a way back is not taken back', async (t, engine) => {
  const { store } = await storeFor(t, engine, { empty: true })
  const folder = folderOf(t, { '0001-one': create('one').replace(/export async function down.*/, '') })
  const migrations = new Migrations(store, folder)
  await migrations.migrate('latest')
  await t.rejects(migrations.migrate('down'), { message: /0001-one cannot be taken back/ })
  t.same((await migrations.state()).applied.length, 1)
  t.equal(await migrations.losses('0001-one'), 'everything it made')
})

onEveryEngine('the data that a migration takes over stays when a later one is taken back', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  await store.write((trx) => addCategory(trx, 'kept'))
  await new Migrations(store).migrate('down')
  await new Migrations(store).migrate('latest')
  t.same(await store.query((db) => db.selectFrom('categories').select('name').execute()), [{ name: 'kept' }])
})

test('a PostgreSQL database that cannot hold every text is refused', { skip }, async (t) => {
  const admin = new pg.Client(process.env.TEST_DATABASE_URL)
  await admin.connect()
  const name = `test_latin_${randomBytes(6).toString('hex')}`
  await admin.query(`create database ${name} encoding 'LATIN1' locale 'C' template template0`)
  const store = await open(Object.assign(new URL(String(process.env.TEST_DATABASE_URL)), { pathname: `/${name}` }).href)
  t.teardown(async () => {
    await store.close()
    await admin.query(`drop database ${name}`)
    await admin.end()
  })
  await t.rejects(
    new Migrations(store).migrate('latest'),
    /nothing was changed: the encoding of the database is LATIN1/,
  )
  t.match(await new Migrations(store).state(), { applied: [] })
})
