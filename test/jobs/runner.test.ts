import type { Test } from 'tap'
import type { Engine, Store } from '../../src/db/types.ts'
import type { Job } from '../../src/jobs/job.ts'
import { JobRunner, type RunnerOptions } from '../../src/jobs/runner.ts'
import { onEveryEngine } from '../support/app.ts'
import { open } from '../support/databases.ts'
import { servicesOf } from '../support/effects.ts'
import { jobOf, keptLog, TestClock } from '../support/jobs.ts'
import { addCategory, categoryNames, databaseFor } from '../support/stores.ts'

/** Stores of their own on one database, as processes have them. */
async function storesFor(t: Test, engine: Engine, count: number): Promise<Store[]> {
  const { url } = await databaseFor(t, engine)
  const stores = await Promise.all(Array.from({ length: count }, () => open(url, 3)))
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  return stores
}

async function oneStore(t: Test, engine: Engine): Promise<Store> {
  const [store] = await storesFor(t, engine, 1)
  return store as Store
}

const runnerOf = (jobs: Job[], store: Store, clock: TestClock, options: Partial<RunnerOptions> = {}) =>
  new JobRunner(jobs, { ...servicesOf(store), clock, log: keptLog().log, random: () => 0, ...options })

const rowOf = (store: Store, name: string) =>
  store.query((db) => db.selectFrom('jobs').selectAll().where('name', '=', name).executeTakeFirst())

onEveryEngine('of several processes one runs a job that is due, and no two at once', async (t, engine) => {
  const stores = await storesFor(t, engine, 4)
  const clock = new TestClock()
  let [running, most, runs] = [0, 0, 0]
  const job = jobOf('count', async ({ write }) => {
    running += 1
    most = Math.max(most, running)
    await write(({ trx }) => addCategory(trx, `run ${runs}`))
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    runs += 1
    return {}
  })
  const runners = stores.map((store) => runnerOf([job], store, clock))
  const ROUNDS = 10
  for (let round = 0; round < ROUNDS; round += 1) {
    const dueAt = await Promise.all([...runners, ...runners].map((runner) => runner.runIfDue(job)))
    t.same(new Set(dueAt).size, 1, 'all know when it is due next')
    clock.advance(3599)
    for (const runner of runners) await runner.runIfDue(job)
    t.equal(runs, round + 1, 'not before its time')
    clock.advance(1)
  }
  t.equal(most, 1)
  t.equal((await categoryNames(stores[0] as Store)).length, ROUNDS)
  t.match(await rowOf(stores[0] as Store, 'count'), { run: ROUNDS, outcome: 'done' })
})

onEveryEngine('what ran before a restart counts', async (t, engine) => {
  const store = await oneStore(t, engine)
  const clock = new TestClock()
  let runs = 0
  const job = jobOf('count', async () => ({ runs: ++runs }))
  await runnerOf([job], store, clock).runIfDue(job)
  clock.advance(1800)
  t.equal(await runnerOf([job], store, clock).runIfDue(job), '2026-01-01T01:00:00.000Z')
  t.equal(runs, 1)
  clock.advance(1800)
  await runnerOf([job], store, clock).runIfDue(job)
  t.equal(runs, 2)
})

onEveryEngine('a job whose process was killed is free when its lease ends', async (t, engine) => {
  const [dead, alive] = (await storesFor(t, engine, 2)) as [Store, Store]
  const clock = new TestClock()
  const begun = Promise.withResolvers<void>()
  const killed = Promise.withResolvers<Record<string, number>>()
  const hang = async () => {
    begun.resolve()
    return await killed.promise
  }
  const hanging = jobOf('work', hang, 10)
  let runs = 0
  const job = jobOf('work', async () => ({ runs: ++runs }), 10)
  const lost = runnerOf([hanging], dead, clock).runIfDue(hanging)
  await begun.promise
  const other = runnerOf([job], alive, clock)
  clock.advance(299)
  t.equal(await other.runIfDue(job), '2026-01-01T00:05:00.000Z', 'the lease')
  t.equal(runs, 0)
  clock.advance(1)
  await other.runIfDue(job)
  t.equal(runs, 1)
  killed.resolve({})
  await lost
  t.match(await rowOf(alive, 'work'), { run: 2, finished_at: '2026-01-01T00:05:00.000Z' }, 'it ends no run of another')
})

onEveryEngine('a step keeps the lease; who lost it writes nothing more', async (t, engine) => {
  const [slow, quick] = (await storesFor(t, engine, 2)) as [Store, Store]
  const clock = new TestClock()
  const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const reached = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const job = jobOf(
    'work',
    async ({ write }) => {
      reached[0].resolve()
      await steps[0].promise
      await write(({ trx }) => addCategory(trx, 'first'))
      reached[1].resolve()
      await steps[1].promise
      await write(({ trx }) => addCategory(trx, 'second'))
      return {}
    },
    10,
  )
  const { log, lines } = keptLog()
  const run = runnerOf([job], slow, clock, { log }).runIfDue(job)
  await reached[0].promise
  clock.advance(200)
  steps[0].resolve()
  await reached[1].promise
  clock.advance(200)
  const next = jobOf('work', async () => ({}), 10)
  t.equal(await runnerOf([next], quick, clock).runIfDue(next), '2026-01-01T00:08:20.000Z', 'the first step renewed it')
  clock.advance(100)
  await runnerOf([next], quick, clock).runIfDue(next)
  steps[1].resolve()
  await run
  t.same(await categoryNames(quick), ['first'])
  t.match(lines, [{ level: 'warn', job: 'work', err: { message: 'another process took the job over' } }])
})

onEveryEngine('a failing job is told, tried again at its next turn, and stops no other', async (t, engine) => {
  const store = await oneStore(t, engine)
  const clock = new TestClock()
  let tries = 0
  const failing = jobOf('failing', async ({ write }) => {
    tries += 1
    return await write(async ({ trx }) => {
      await addCategory(trx, 'half')
      throw new Error('no luck')
    })
  })
  const good = jobOf('good', async () => ({ rows: 7 }))
  const { log, lines } = keptLog()
  const runner = runnerOf([failing, good], store, clock, { log })
  runner.start()
  await clock.sleeping(2)
  for (let turn = 1; turn <= 2; turn += 1) {
    clock.advance(turn === 1 ? 0 : 3600)
    await clock.sleeping(2)
    t.equal(tries, turn)
    const told = lines.splice(0)
    t.equal(told.length, 2, 'one line each')
    t.match(
      told.find(({ job }) => job === 'failing'),
      { level: 'warn', ms: Number, err: { message: 'no luck' } },
    )
    t.match(
      told.find(({ job }) => job === 'good'),
      { level: 'info', ms: Number, did: { rows: 7 }, msg: 'job done' },
    )
  }
  t.same(await categoryNames(store), [], 'a step that fails leaves nothing')
  t.match(await rowOf(store, 'failing'), { run: 2, outcome: 'failed' })
  await runner.stop()
})

onEveryEngine('a stop waits for the job under way, and begins no other', async (t, engine) => {
  const store = await oneStore(t, engine)
  const clock = new TestClock()
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  let runs = 0
  const slow = jobOf('slow', async ({ signal, write }) => {
    begun.resolve()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await end.promise
    await write(({ trx }) => addCategory(trx, 'last step'))
    return { rows: 1 }
  })
  const late = jobOf('late', async () => ({ runs: ++runs }))
  const { log, lines } = keptLog()
  const runner = runnerOf([slow], store, clock, { log })
  const waiting = runnerOf([late], store, clock)
  runner.start()
  waiting.start()
  await waiting.stop()
  clock.advance(60)
  await begun.promise
  let stopped = false
  const stopping = runner.stop().then(() => {
    stopped = true
  })
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  t.equal(stopped, false, 'it waits')
  end.resolve()
  await stopping
  t.same(await categoryNames(store), ['last step'])
  t.match(lines, [{ msg: 'job stopped', did: { rows: 1 } }])
  clock.advance(7200)
  await clock.sleeping(0)
  t.equal(runs, 0)
  t.equal(await rowOf(store, 'late'), undefined)
  t.match(await rowOf(store, 'slow'), { run: 1, outcome: 'stopped' })
  const rest = jobOf('slow', async () => ({ runs: ++runs }))
  await runnerOf([rest], store, new TestClock()).runIfDue(rest)
  t.equal(runs, 1, 'what was stopped goes on as soon as somebody looks')
})

onEveryEngine('a start that a wrong clock wrote holds nothing up', async (t, engine) => {
  const store = await oneStore(t, engine)
  let runs = 0
  const job = jobOf('count', async () => ({ runs: ++runs }))
  await runnerOf([job], store, new TestClock('2099-01-01T00:00:00.000Z')).runIfDue(job)
  await runnerOf([job], store, new TestClock()).runIfDue(job)
  t.equal(runs, 2)
  await runnerOf([job], store, new TestClock('2025-12-31T23:59:00.000Z')).runIfDue(job)
  t.equal(runs, 2, 'one that is a little ahead is no wrong one')
})

onEveryEngine('processes do not look all at once, nor before the database is ready', async (t, engine) => {
  const store = await oneStore(t, engine)
  const clock = new TestClock()
  let [runs, isReady] = [0, false]
  const job = jobOf('count', async () => ({ runs: ++runs }))
  const ready = async () => {
    if (!isReady) throw new Error('migrations are pending')
  }
  const { log, lines } = keptLog()
  const runner = runnerOf([job], store, clock, { log, ready, random: () => 0.5 })
  const turn = async (seconds: number) => {
    clock.advance(seconds)
    await clock.sleeping(1)
    return runs
  }
  runner.start()
  await clock.sleeping(1)
  t.equal(await turn(30), 0, 'not ready')
  t.equal(await rowOf(store, 'count'), undefined)
  isReady = true
  t.equal(await turn(89), 0, 'it looks again after a minute and half a minute of chance')
  t.equal(await turn(1), 1)
  t.equal(await turn(3629), 1)
  t.equal(await turn(1), 2)
  t.same(
    lines.map(({ level }) => level),
    ['info', 'info'],
  )
  await runner.stop()
})

onEveryEngine('a stop on the way to a job begins it no more', async (t, engine) => {
  const store = await oneStore(t, engine)
  const clock = new TestClock()
  let runs = 0
  const job = jobOf('count', async () => ({ runs: ++runs }))
  const asked = Promise.withResolvers<void>()
  const readiness = Promise.withResolvers<void>()
  const ready = async () => {
    asked.resolve()
    await readiness.promise
  }
  const early = runnerOf([job], store, clock, { ready })
  early.start()
  await clock.sleeping(1)
  clock.advance(0)
  await asked.promise
  const stopping = early.stop()
  readiness.resolve()
  await stopping
  t.equal(await rowOf(store, 'count'), undefined, 'it is not even claimed')
  const late = runnerOf([job], store, clock)
  const claiming = late.runIfDue(job)
  await Promise.all([late.stop(), claiming])
  t.equal(runs, 0)
  t.match(await rowOf(store, 'count'), { run: 1, outcome: 'stopped' })
})
