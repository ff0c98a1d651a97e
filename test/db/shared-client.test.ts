import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import tap, { type Test } from 'tap'
import { prepared } from '../../src/db/prepared.ts'
import type { Writer } from '../../src/db/types.ts'
import { engines } from '../support/databases.ts'
import { addCategory, categoryNames, databaseFor, openOn } from '../support/stores.ts'

const skip = engines.includes('postgresql') ? false : 'no PostgreSQL'
const test = (name: string, run: (t: Test) => Promise<void>) => tap.test(name, { skip, timeout: 120_000 }, run)

const quick = prepared<{ id: number }, { id: number; pid: number }>('test_shared', (db, { id }) =>
  (db as Writer)
    .selectNoFrom([sql<number>`cast(${id} as integer)`.as('id'), sql<number>`pg_backend_pid()`.as('pid')])
    .orderBy(sql`1`),
)
const failing = prepared<{ id: number }, unknown>('test_shared_failing', (db, { id }) =>
  (db as Writer).selectNoFrom(sql`1 / (cast(${id} as integer) - ${id})`.as('never')),
)

async function storeOf(t: Test, poolSize: number) {
  const { url } = await databaseFor(t, 'postgresql')
  const store = openOn(url, { poolSize })
  t.teardown(() => store.close())
  const ask = async (id: number) => (await store.query((db) => quick(db, { id })))[0]
  return { store, ask }
}

const many = Array.from({ length: 40 }, (_, index) => index)

test('quick statements that are under way together share a connection, and keep their answers apart', async (t) => {
  const { ask } = await storeOf(t, 10)
  await ask(0)
  const answers = await Promise.all(many.slice(0, 20).map(ask))
  t.same(
    answers.map((answer) => answer?.id),
    many.slice(0, 20),
  )
  t.equal(new Set(answers.map((answer) => answer?.pid)).size, 1)
})

for (const poolSize of [1, 2, 10]) {
  test(`quick statements, failing ones and transactions all end on ${poolSize} connections`, async (t) => {
    const { store, ask } = await storeOf(t, poolSize)
    for (let round = 0; round < 3; round += 1) {
      const work = many.map((id) => {
        if (id % 4 === 1) return store.write((trx) => addCategory(trx, `${round} ${id}`))
        return id % 4 === 2 ? store.query((db) => failing(db, { id })) : ask(id)
      })
      const outcomes = await Promise.allSettled(work)
      for (const [id, { status }] of outcomes.entries()) {
        t.equal(status, id % 4 === 2 ? 'rejected' : 'fulfilled', `${id}`)
      }
    }
    t.equal((await categoryNames(store)).length, 30)
  })
}

test('a stream of quick statements does not keep the only connection from a transaction', async (t) => {
  const { store, ask } = await storeOf(t, 1)
  let written = false
  const stream = async () => {
    while (!written) await ask(1)
  }
  const streams = [stream(), sleep(5).then(stream), sleep(10).then(stream)]
  await sleep(50)
  await store.write((trx) => addCategory(trx, 'in between'))
  written = true
  await Promise.all(streams)
  t.same(await categoryNames(store), ['in between'])
})

test('a connection that is cut under its users is not shared any longer', async (t) => {
  const { store, ask } = await storeOf(t, 5)
  const before = await ask(0)
  const waiting = many.slice(0, 10).map(ask)
  await store.query((db) => sql`select pg_terminate_backend(${before?.pid})`.execute(db)).catch(() => {})
  t.same(
    (await Promise.all(waiting)).map((answer) => answer?.id),
    many.slice(0, 10),
  )
  t.same(
    (await Promise.all(many.map(ask))).map((answer) => answer?.id),
    many,
  )
})
