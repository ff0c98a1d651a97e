import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Test, test } from 'tap'
import { freePort } from '../../scripts/dev/free-port.ts'
import { makeMigration } from '../../scripts/dev/make-migration.ts'
import { onEveryEngine } from '../support/app.ts'
import { engines } from '../support/databases.ts'
import { lossesOf, SHIPPED } from '../support/migrations.ts'
import { runScript } from '../support/script.ts'
import { addCategory, databaseFor, storeFor } from '../support/stores.ts'

const ROOT = join(import.meta.dirname, '..', '..')

const migrate = (url: string, ...args: string[]) => runScript('migrate.ts', args, { DATABASE_URL: url })

const LAST = SHIPPED.at(-1) as string
/** As `status` lists them. */
const listed = (state: string, names: string[]) => names.map((name) => `${state}  ${name}\n`).join('')
const losing = async (end: string) => `Taking back ${LAST} loses ${await lossesOf(LAST)}.\n${end}`

onEveryEngine('a database goes up, tells where it is, and goes down', async (t, engine) => {
  const { url } = await databaseFor(t, engine, { empty: true })
  const says = async (args: string[], code: number, said: string | RegExp) =>
    t.match(await migrate(url, ...args), { code, said }, args.join(' '))
  const pending = (names: string[]) => `${listed('pending', names)}\n${names.length} pending: run \`npm run migrate`
  await says(['status'], 3, pending(SHIPPED))
  await says(['history'], 0, 'No migration is applied.\n')
  await says(['up'], 0, SHIPPED.map((name) => `applied ${name}\n`).join(''))
  await says(['up'], 0, /Nothing to do/)
  const all = `${listed('applied', SHIPPED)}\nAll ${SHIPPED.length} migrations are applied`
  await says(['status'], 0, all)
  const lines = SHIPPED.map((name) => `20\\d\\d-\\d\\d-\\d\\dT[\\d:.]+Z {2}${name}\\n`)
  await says(['history'], 0, new RegExp(`^${lines.join('')}$`))
  await says(['down', '--yes'], 0, await losing(`took back ${LAST}\n`))
  await says(['status'], 3, `${listed('applied', SHIPPED.slice(0, -1))}${pending([LAST])}`)
})

onEveryEngine('nothing is lost that nobody agreed to lose', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  await store.write((trx) => addCategory(trx, 'kept'))
  const refused = await losing('Nobody can be asked here: pass --yes')
  t.match(await migrate(database.url, 'down'), { code: 2, said: refused })
  t.match(await migrate(database.url, 'status'), { code: 0 })
})

onEveryEngine('a schema from tomorrow is told and left alone', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  await store.write((trx) =>
    sql`insert into kysely_migration values ('9999-tomorrow', '2030-01-01T00:00:00.000Z')`.execute(trx),
  )
  const said = /migrations that this version does not know \(9999-tomorrow\)/
  t.match(await migrate(database.url, 'status'), { code: 3, said: /unknown {2}9999-tomorrow/ })
  t.match(await migrate(database.url, 'up'), { code: 1, said })
  t.match(await migrate(database.url, 'down', '--yes'), { code: 1, said })
})

test('what is asked for wrongly is answered with the usage', async (t) => {
  for (const args of [[], ['sideways'], ['up', 'now'], ['make'], ['up', '--force'], ['up', '--wait', 'long']]) {
    t.match(await migrate('sqlite:unused.db', ...args), { code: 2, said: /Usage: npm run migrate/ }, args.join(' '))
  }
  t.match(await migrate('sqlite:unused.db', '--help'), { code: 0, said: /^Usage/ })
})

test('a database that never comes is named after a bounded time, without its password', async (t) => {
  const started = performance.now()
  const { code, said } = await migrate('postgres://ann:s3cret@127.0.0.1:1/stock', 'up', '--wait', '2')
  t.equal(code, 1)
  t.match(said, /No answer from the database \w+ at 127.0.0.1:1/)
  t.notMatch(said, /s3cret/)
  t.ok(performance.now() - started > 1000, 'it waited')
})

test('a database that comes late is waited for', { skip: !engines.includes('postgresql') }, async (t) => {
  const { url } = await databaseFor(t, 'postgresql', { empty: true })
  const late = new URL(url)
  const port = await freePort()
  late.port = String(port)
  const { promise: waits, resolve } = Promise.withResolvers<void>()
  const migrating = runScript('migrate.ts', ['up', '--wait', '60'], { DATABASE_URL: late.href }, (said) => {
    if (said.includes('Waiting up to 60 s')) resolve()
  })
  await Promise.race([waits, migrating])
  await forward(t, port, Number(new URL(url).port))
  t.match(await migrating, { code: 0, said: new RegExp(`Waiting up to 60 s(.|\\n)*applied ${LAST}`) })
})

test('a refused login is not waited for', { skip: !engines.includes('postgresql') }, async (t) => {
  const { url } = await databaseFor(t, 'postgresql', { empty: true })
  const wrong: URL = Object.assign(new URL(url), { password: 'wr0ng' })
  const { code, said } = await migrate(wrong.href, 'status')
  t.equal(code, 1)
  t.match(said, /password authentication failed/)
  t.notMatch(said, /wr0ng|Waiting/)
})

test('a new migration takes the next number', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, '0041-before.ts'), '')
  const file = await makeMigration('add-suppliers', folder)
  t.equal(file, join(folder, '0042-add-suppliers.ts'))
  t.match(readFileSync(file, 'utf8'), /export async function up(.|\n)*export async function down/)
  t.equal(await makeMigration('next', folder), join(folder, '0043-next.ts'))
  await t.rejects(makeMigration('Add Suppliers', folder), { message: /lower-case words/ })
  await t.rejects(makeMigration('../escape', folder), { message: /lower-case words/ })
})

test('types of tables that are not those of the migrations are found', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'types-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'schema.gen.ts')
  const types = readFileSync(join(ROOT, 'src/db/schema.gen.ts'), 'utf8')
  writeFileSync(file, types)
  t.match(await runScript('dev/database-types.ts', ['--check', '--file', file]), { code: 0, said: /in step/ })
  writeFileSync(file, types.replace('barcode: string | null;', 'barcode: string;'))
  t.match(await runScript('dev/database-types.ts', ['--check', '--file', file]), { code: 1, said: /not in step/ })
})

/** Lets what arrives on one port go on to another. */
async function forward(t: Test, from: number, to: number): Promise<void> {
  const server = createServer((socket) => {
    const upstream = connect(to, '127.0.0.1')
    socket.pipe(upstream).pipe(socket)
    socket.on('error', () => upstream.destroy())
    upstream.on('error', () => socket.destroy())
  }).listen(from, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
}
