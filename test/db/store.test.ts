import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../src/errors.ts'
import { onEveryEngine } from '../support/app.ts'
import { open } from '../support/databases.ts'
import { PATIENCE_MS } from '../support/eventually.ts'
import { addCategory, category, categoryNames, databaseFor, problem, storeFor } from '../support/stores.ts'

onEveryEngine('of 200 parallel writes each is whole or not at all', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const fails = (index: number) => index % 7 === 3
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) =>
      store.write(async (trx) => {
        await addCategory(trx, `first ${index}`)
        if (fails(index)) throw new Problem('conflict', `no ${index}`)
        await addCategory(trx, `second ${index}`)
        return index
      }),
    ),
  )
  const names = new Set(await categoryNames(store))
  for (const [index, outcome] of outcomes.entries()) {
    const expected = fails(index) ? 'rejected' : 'fulfilled'
    if (outcome.status !== expected) t.fail(`write ${index} was ${outcome.status}`)
    if (outcome.status === 'fulfilled' && outcome.value !== index) t.fail(`write ${index} got the answer of another`)
    if (names.has(`first ${index}`) === fails(index)) t.fail(`first row of ${index}`)
    if (names.has(`second ${index}`) === fails(index)) t.fail(`second row of ${index}`)
  }
  t.equal(names.size, 2 * outcomes.filter((outcome) => outcome.status === 'fulfilled').length)
})

onEveryEngine('statements that a failed job leaves behind do nothing', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  await store.write((trx) => addCategory(trx, 'taken'))
  const failing = store.write((trx) =>
    Promise.all([
      addCategory(trx, 'before'),
      addCategory(trx, 'taken'),
      ...Array.from({ length: 30 }, (_, index) => addCategory(trx, `left behind ${index}`)),
    ]),
  )
  const neighbour = store.write((trx) => addCategory(trx, 'neighbour'))
  await t.rejects(failing, { message: /unique/i })
  await neighbour
  await sleep(50)
  t.same(await categoryNames(store), ['neighbour', 'taken'])
})

onEveryEngine('the reason of a failure is not lost behind its rollback', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const refusal = new Problem('in-use', 'told')
  await t.rejects(
    store.write(async () => {
      throw refusal
    }),
    refusal,
  )
  await t.rejects(
    store.read(async () => {
      throw refusal
    }),
    refusal,
  )
  t.same(await categoryNames(store), [], 'and the store works')
})

onEveryEngine('a write that resolved is seen by everybody, one that has not by nobody', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  const other = await open(database.url)
  t.teardown(() => other.close())
  let during: string[][] = []
  await store.write(async (trx) => {
    await addCategory(trx, 'new')
    during = [await categoryNames(other)]
  })
  t.same(during, [[]], 'not before the commit')
  t.same(await categoryNames(other), ['new'], 'at once after it')
})

onEveryEngine('a read sees one moment, however long it takes', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  const other = await open(database.url)
  t.teardown(() => other.close())
  const names = await store.read(async (reader) => {
    const before = await reader.selectFrom('categories').select('name').execute()
    await other.write((trx) => addCategory(trx, 'meanwhile'))
    return [before, await reader.selectFrom('categories').select('name').execute()]
  })
  t.same(names, [[], []])
  t.same(await categoryNames(store), ['meanwhile'])
})

onEveryEngine('a store used inside one of its own jobs fails at once', async (t, engine) => {
  const { store } = await storeFor(t, engine, { poolSize: 1 })
  const nested = { message: /used inside one of its own jobs/ }
  await t.rejects(
    store.write(() => store.write(async () => {})),
    nested,
  )
  await t.rejects(
    store.write(() => store.read(async () => {})),
    nested,
  )
  await t.rejects(
    store.read(() => store.query(async () => {})),
    nested,
  )
  await t.rejects(
    store.exclusive(() => store.write(async () => {}), 1000),
    nested,
  )
  t.same(await categoryNames(store), [], 'and the store works')
})

onEveryEngine('what a job starts for later may use the store, and so may a job of another store', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const { store: other } = await storeFor(t, engine)
  let later: Promise<unknown> = Promise.resolve()
  await store.write(async (trx) => {
    await addCategory(trx, 'now')
    later = sleep(20).then(() => store.write((next) => addCategory(next, 'later')))
  })
  await later
  t.same(await categoryNames(store), ['later', 'now'])
  await store.read((reader) =>
    other.write(async (trx) => {
      const rows = await reader.selectFrom('categories').selectAll().execute()
      await trx.insertInto('categories').values(rows).execute()
    }),
  )
  t.same(await categoryNames(other), ['later', 'now'])
})

onEveryEngine('closing waits for the work that was asked for, and takes no more', async (t, engine) => {
  const database = await databaseFor(t, engine)
  const store = await open(database.url, 2)
  const writes = Array.from({ length: 50 }, (_, index) => store.write((trx) => addCategory(trx, `write ${index}`)))
  const reads = Array.from({ length: 20 }, () => categoryNames(store))
  const closed = Promise.all([store.close(), store.close()])
  await t.rejects(
    store.write(async () => {}),
    problem('stopping'),
  )
  await t.rejects(
    store.read(async () => {}),
    problem('stopping'),
  )
  await Promise.all([...writes, ...reads])
  await closed
  const again = await open(database.url)
  t.teardown(() => again.close())
  t.equal((await categoryNames(again)).length, 50)
})

onEveryEngine('exclusive work is done one at a time', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  let running = 0
  const alone = () =>
    store.exclusive(async (trx) => {
      running += 1
      t.equal(running, 1)
      await trx.selectFrom('categories').select('id').execute()
      await sleep(20)
      running -= 1
      return 'done'
    }, PATIENCE_MS)
  t.same(await Promise.all([alone(), alone(), alone()]), ['done', 'done', 'done'])
})

onEveryEngine('a connection opened before a migration reads what the migration made', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  const read = () => store.query((reader) => reader.selectFrom('categories').selectAll().execute())
  await store.write((trx) => trx.insertInto('categories').values(category('old')).execute())
  await read()
  const other = await open(database.url)
  t.teardown(() => other.close())
  await other.exclusive(async (trx) => {
    const column = trx.schema.alterTable('categories')
    const boolean = engine === 'sqlite' ? 'integer' : 'boolean'
    await column.addColumn('is_new', boolean, (c) => c.notNull().defaultTo(engine === 'sqlite' ? 1 : true)).execute()
  }, PATIENCE_MS)
  t.match(await read(), [{ name: 'old', is_new: true }])
})
