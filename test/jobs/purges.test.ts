import { sql } from 'kysely'
import type { DB } from '../../src/db/schema.gen.ts'
import type { Store } from '../../src/db/types.ts'
import type { UnattendedEffect } from '../../src/http/effect.ts'
import { KEPT_SECONDS, purgeIdempotencyKeys } from '../../src/http/idempotency.ts'
import { STEP_ROWS, type Work } from '../../src/jobs/job.ts'
import { jobs } from '../../src/jobs.ts'
import { purgeSessions } from '../../src/modules/auth/service.ts'
import { now, secondsFrom } from '../../src/values/time.ts'
import { buildTestApp, onEveryEngine } from '../support/app.ts'
import { workOn } from '../support/jobs.ts'

const SOON = secondsFrom(now(), 600)
const PAST = secondsFrom(now(), -600)

/** Sessions with a token each, counters and kept answers; `expired` of each and one that lives. */
async function fill(store: Store, expired: number): Promise<void> {
  await store.write(async (trx) => {
    for (let index = 0; index <= expired; index += 1) {
      const expires_at = index === 0 ? SOON : PAST
      const created_at = index === 0 ? now() : secondsFrom(PAST, -KEPT_SECONDS)
      const session = await trx
        .insertInto('sessions')
        .values({ user_id: 1, created_at, expires_at })
        .returning('id')
        .executeTakeFirstOrThrow()
      const token = { session_id: session.id, token_hash: `hash ${index}`, created_at, expires_at }
      await trx.insertInto('refresh_tokens').values(token).execute()
      await trx
        .insertInto('login_throttle')
        .values({ key: `key ${index}`, failures: 1, window_ends_at: expires_at })
        .execute()
      const key = { user_id: 1, route: 'POST /x', key: `key ${index}`, fingerprint: '', created_at }
      await trx.insertInto('idempotency_keys').values(key).execute()
    }
  })
}

const count = async (store: Store, table: keyof DB): Promise<number> => {
  const query = sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`
  return Number((await store.query((db) => query.execute(db))).rows[0]?.rows)
}

/** Like `work`, with the rows that each step removed. */
function counted(work: Work, store: Store, table: keyof DB): { work: Work; steps: number[] } {
  const steps: number[] = []
  const write = async <T>(step: (effect: UnattendedEffect) => Promise<T>) => {
    const before = await count(store, table)
    const result = await work.write(step)
    steps.push(before - (await count(store, table)))
    return result
  }
  return { work: { ...work, write }, steps }
}

onEveryEngine('what has expired goes in steps that are short, and what lives stays', async (t, engine) => {
  const { store } = await buildTestApp(t, engine)
  const sessions = await count(store, 'sessions')
  const many = STEP_ROWS + 3
  await fill(store, many)
  const purge = counted(workOn(store), store, 'sessions')
  t.same(await purgeSessions.run(purge.work), { refresh_tokens: many, sessions: many, login_throttle: many })
  t.same(
    purge.steps.filter((rows) => rows > 0),
    [STEP_ROWS, 3],
  )
  const keys = counted(workOn(store), store, 'idempotency_keys')
  t.same(await purgeIdempotencyKeys.run(keys.work), { idempotency_keys: many })
  t.same(keys.steps, [STEP_ROWS, 3])
  t.equal(await count(store, 'sessions'), sessions + 1)
  for (const table of ['refresh_tokens', 'login_throttle', 'idempotency_keys'] as const) {
    t.equal(await count(store, table), 1, table)
  }
  t.same(await purgeSessions.run(workOn(store)), { refresh_tokens: 0, sessions: 0, login_throttle: 0 })
})

onEveryEngine('a stop ends a purge after the step under way', async (t, engine) => {
  const { store } = await buildTestApp(t, engine)
  const many = STEP_ROWS + 3
  await fill(store, many)
  const stopping = new AbortController()
  const work = workOn(store, stopping.signal)
  const write = <T>(step: (effect: UnattendedEffect) => Promise<T>) => {
    stopping.abort()
    return work.write(step)
  }
  t.same(await purgeIdempotencyKeys.run({ ...work, write }), { idempotency_keys: STEP_ROWS })
  t.equal(await count(store, 'idempotency_keys'), 4)
  t.same(await purgeSessions.run(work), { refresh_tokens: 0, sessions: 0, login_throttle: 0 }, 'and begins none')
})

onEveryEngine('a session whose life was shortened goes with the tokens that would outlive it', async (t, engine) => {
  const { store } = await buildTestApp(t, engine)
  await fill(store, 1)
  await store.write((trx) => trx.updateTable('refresh_tokens').set({ expires_at: SOON }).execute())
  t.match(await purgeSessions.run(workOn(store)), { refresh_tokens: 1, sessions: 1 })
})

onEveryEngine('every job has a name of its own and can be run', async (t, engine) => {
  const { store } = await buildTestApp(t, engine)
  t.equal(new Set(jobs.map(({ name }) => name)).size, jobs.length)
  for (const job of jobs) {
    t.match(job.name, /^[a-z]+(-[a-z]+)*$/)
    t.ok(job.everySeconds >= 1)
    const did = await job.run(workOn(store))
    t.ok(Object.values(did).every(Number.isSafeInteger), job.name)
  }
})
