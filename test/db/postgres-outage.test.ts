import tap, { type Test } from 'tap'
import { startPostgres } from '../../scripts/dev/embedded-postgres.ts'
import { hasPgbouncer } from '../../scripts/dev/pooler.ts'
import { Migrations } from '../../src/db/migrator.ts'
import { prepared } from '../../src/db/prepared.ts'
import { engines } from '../support/databases.ts'
import { eventually, PATIENCE_MS } from '../support/eventually.ts'
import { startPooler } from '../support/pooler.ts'
import { startProxy } from '../support/proxy.ts'
import { addCategory, categoryNames, databaseFor, openOn, problem } from '../support/stores.ts'

const skip = engines.includes('postgresql') ? false : 'no PostgreSQL'
const test = (name: string, run: (t: Test) => Promise<void>) => tap.test(name, { skip }, run)

test('a server that stops is away; started again it is used again', async (t) => {
  // Or the crash would take what was just committed.
  const server = await startPostgres({ synchronous_commit: 'on' })
  t.teardown(server.stop)
  const store = openOn(server.url)
  t.teardown(() => store.close())
  await new Migrations(store).migrate('latest')
  await Promise.all(Array.from({ length: 10 }, () => categoryNames(store)))
  const during = store.write(async (trx) => {
    await addCategory(trx, 'during')
    await server.halt()
    await addCategory(trx, 'never')
  })
  await t.rejects(during, problem('database-unavailable'))
  const started = performance.now()
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => store.ping()))
  t.ok(performance.now() - started < PATIENCE_MS / 2, 'and tells so at once')
  t.ok(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.slug === 'database-unavailable'))
  await server.resume()
  await store.write((trx) => addCategory(trx, 'after'))
  t.same(await categoryNames(store), ['after'])
})

test('a commit whose answer is lost is told as such and not repeated', async (t) => {
  const { url } = await databaseFor(t, 'postgresql')
  const proxy = await startProxy(t, url)
  const store = openOn(proxy.url)
  t.teardown(() => store.close())
  await store.ping()
  proxy.mode = 'lose-commit'
  let runs = 0
  const write = store.write(async (trx) => {
    runs += 1
    await addCategory(trx, `run ${runs}`)
  })
  await t.rejects(write, { ...problem('database-unavailable'), message: /look before you repeat/ })
  proxy.mode = 'open'
  await eventually(t, () => categoryNames(store), ['run 1'], 'it had happened')
  t.equal(runs, 1, 'once')
})

test('a server that takes connections and says nothing is away within the bound', async (t) => {
  const { url } = await databaseFor(t, 'postgresql')
  const proxy = await startProxy(t, url)
  proxy.mode = 'silent'
  // To a server that answers, a connection must be made within that time.
  const store = openOn(proxy.url, { waitMs: 1500 })
  t.teardown(() => store.close())
  await t.rejects(store.ping(), problem('database-unavailable'))
  proxy.mode = 'open'
  await store.ping()
})

type Found = { id: number; name: string; created_at: string }

const findByName = prepared<{ name: string }, Found>('test_category_through_pooler', (db, values) =>
  db.selectFrom('categories').select(['id', 'name', 'created_at']).where('name', '=', values.name),
)

const needsPooler = skip || (hasPgbouncer() ? false : 'pgbouncer is not installed')

tap.test('behind a pooler by transaction, statements with names are given up', { skip: needsPooler }, async (t) => {
  const { url } = await databaseFor(t, 'postgresql')
  const store = openOn(await startPooler(t, url))
  t.teardown(() => store.close())
  const turn = async (index: number) => {
    const name = `category ${index}`
    await store.write(async (trx) => {
      await addCategory(trx, name)
      t.match(await findByName(trx, { name }), [{ name }])
    })
    t.match(await store.read((db) => findByName(db, { name })), [{ name, created_at: /T07:08:09.123Z$/ }])
    t.match(await store.query((db) => findByName(db, { name })), [{ name }])
  }
  await Promise.all(Array.from({ length: 60 }, (_, index) => turn(index)))
  t.equal((await categoryNames(store)).length, 60)
  t.same(await new Migrations(store).migrate('latest'), [])
})
