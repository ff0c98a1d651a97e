/**
 * Runs test files, each in a process of its own and several at a time, and writes one TAP stream of them:
 * `node scripts/dev/run-files.ts FILES…`. It is the part of `tap run` that is wanted here. The rest costs: for tests that Node
 * itself reads as TypeScript tap builds itself anew after each installation, and in every process, also those that tests start,
 * it follows what is loaded, for a coverage nobody asked for.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { t } from 'tap'

/** More than most machines have cores: tests wait for servers, disks and each other. */
const JOBS = 4
/** Of one file, on a machine with other work to do. */
const TIMEOUT_SECONDS = 900

const files = process.argv.slice(2)
/** For what each process notes about itself, which nobody reads. */
const notes = mkdtempSync(join(tmpdir(), 'stock-tap-'))
process.on('exit', () => rmSync(notes, { recursive: true, force: true }))
const env = {
  ...process.env,
  TAP_TIMEOUT: String(TIMEOUT_SECONDS),
  _TAPJS_PROCESSINFO_COVERAGE_: '0',
  _TAPJS_PROCESSINFO_CWD_: notes,
}
let stopped: NodeJS.Signals | undefined
const running = new Set<ChildProcess>()

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Those that have not begun are stopped as they begin, so that each is told of.
    stopped = signal
    for (const child of running) child.kill(signal)
  })
}

t.on('spawn', (test) => {
  test.on('process', (child) => {
    running.add(child)
    child.once('close', () => running.delete(child))
    if (stopped !== undefined) child.kill(stopped)
  })
})

// As a whole they take as long as they take.
t.setTimeout(0)
t.plan(files.length)
t.jobs = JOBS
for (const file of files) {
  const options = { at: null, stack: '', buffered: true, timeout: TIMEOUT_SECONDS * 1000, env }
  void t.spawn(process.execPath, [file], options, file)
}
