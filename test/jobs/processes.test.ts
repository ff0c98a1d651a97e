import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Test } from 'tap'
import { JobRunner } from '../../src/jobs/runner.ts'
import { onEveryEngine } from '../support/app.ts'
import { servicesOf } from '../support/effects.ts'
import { jobOf, keptLog, TestClock } from '../support/jobs.ts'
import { categoryNames, storeFor } from '../support/stores.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const SECONDS = 30

/** A process that runs a job at each instant it is told, and says so; `hang` makes the job never end. */
function startProcess(
  t: Test,
  url: string,
  { hang = false } = {},
): ChildProcess & { ask(instant: string): Promise<string> } {
  const script = `
    import { createInterface } from 'node:readline'
    import { JobRunner } from '${ROOT}/src/jobs/runner.ts'
    import { open } from '${ROOT}/test/support/databases.ts'
    import { servicesOf } from '${ROOT}/test/support/effects.ts'
    import { jobOf, keptLog, TestClock } from '${ROOT}/test/support/jobs.ts'
    import { addCategory } from '${ROOT}/test/support/stores.ts'
    const store = await open(process.env.DATABASE_URL)
    const job = jobOf('write', async ({ write, now }) => {
      await write(({ trx }) => addCategory(trx, now() + ' ' + process.pid))
      if (${hang}) await new Promise(() => process.stdout.write('hangs\\n'))
      return {}
    }, ${SECONDS})
    console.log('ready')
    for await (const instant of createInterface({ input: process.stdin })) {
      const runner = new JobRunner([job], { ...servicesOf(store), log: keptLog().log, clock: new TestClock(instant) })
      console.log(await runner.runIfDue(job))
    }
    await store.close()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ask = async (line: string) => {
    const said = once(child.stdout, 'data')
    if (line !== '') child.stdin.write(`${line}\n`)
    return String((await said)[0]).trim()
  }
  return Object.assign(child, { ask })
}

onEveryEngine('two processes run a job once each time it is due', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  const processes = [startProcess(t, database.url), startProcess(t, database.url)]
  t.same(await Promise.all(processes.map(({ ask }) => ask(''))), ['ready', 'ready'])
  const clock = new TestClock()
  for (let round = 1; round <= 10; round += 1) {
    await Promise.all(processes.map(({ ask }) => ask(clock.now())))
    const names = await categoryNames(store)
    t.equal(names.length, round)
    t.match(names.at(-1), clock.now())
    clock.advance(SECONDS)
  }
})

onEveryEngine('a process killed at a job holds it no longer than its lease', async (t, engine) => {
  const { store, database } = await storeFor(t, engine)
  const dying = startProcess(t, database.url, { hang: true })
  t.equal(await dying.ask(''), 'ready')
  const clock = new TestClock()
  t.equal(await dying.ask(clock.now()), 'hangs')
  dying.kill('SIGKILL')
  await once(dying, 'exit')
  let runs = 0
  const job = jobOf('write', async () => ({ runs: ++runs }), SECONDS)
  const runner = new JobRunner([job], { ...servicesOf(store), log: keptLog().log, clock })
  clock.advance(SECONDS)
  const freeAt = await runner.runIfDue(job)
  t.equal(runs, 0)
  clock.advance((Date.parse(freeAt) - Date.parse(clock.now())) / 1000)
  await runner.runIfDue(job)
  t.equal(runs, 1)
})
