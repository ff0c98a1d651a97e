/**
 * Runs tests: `npm test` those that decide whether a change is right, `npm run test:long` the others,
 * `npm run test:all` both, `npm test -- test/some.test.ts` and `npm test -- test/folder` some.
 * Brings its own PostgreSQL, whose URL the tests find in TEST_DATABASE_URL; a server named there already is used instead.
 * The last line it prints is `N passed, N failed`, with `, N skipped` when there are any.
 */
import '../../src/process/node-version.js'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres.ts'
import { type Counts, closingLine, createTapReport } from './tap-report.ts'

/** What takes long and changes rarely. All others, also those of folders to come, are in `npm test`. */
const LONG = ['test/checks', 'test/deploy', 'test/docs', 'test/long', 'test/scripts', 'test/server']

interface Outcome {
  exitCode: number
  counts: Counts
}

const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/node-compile')
const KILL_AFTER_MS = 5_000
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

let interrupted: number | undefined
let tap: ChildProcess | undefined

for (const [signal, exitCode] of Object.entries(SIGNALS)) {
  process.on(signal, () => {
    // tap passes the first signal on to the tests; one that comes again, or no answer, ends it for certain.
    tap?.kill(interrupted === undefined ? 'SIGTERM' : 'SIGKILL')
    setTimeout(() => tap?.kill('SIGKILL'), KILL_AFTER_MS).unref()
    interrupted = exitCode
  })
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false }, long: { type: 'boolean', default: false } },
})
const outcome = await run(positionals.length > 0 ? positionals.flatMap(filesIn) : findFiles(values))
console.log(`\n${closingLine(outcome.counts)}`)
process.exitCode = outcome.exitCode

/** Of a folder the tests in it; anything else is taken for a test. */
function filesIn(path: string): string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  return isFolder ? globSync(`${path}/**/*.test.ts`).sort() : [path]
}

function findFiles({ all, long }: typeof values): string[] {
  const files = filesIn('test').map((file) => file.replaceAll('\\', '/'))
  const isLong = (file: string) => LONG.some((folder) => file.startsWith(`${folder}/`))
  return files.filter((file) => all || isLong(file) === long)
}

async function run(files: string[]): Promise<Outcome> {
  let server: EmbeddedPostgres | undefined
  let outcome: Outcome = { exitCode: 1, counts: { passed: 0, failed: 1, skipped: 0 } }
  try {
    const given = process.env.TEST_DATABASE_URL
    if (given === undefined || given === '') server = await startPostgres()
    if (interrupted === undefined) outcome = await runTap(files, server?.url ?? given ?? '')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
  try {
    await server?.stop()
  } catch (error) {
    console.error('The test database could not be removed:', error)
    outcome.exitCode ||= 1
  }
  return { ...outcome, exitCode: interrupted ?? outcome.exitCode }
}

async function runTap(files: string[], databaseUrl: string): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-files.ts'), ...files], {
    // Hundreds of processes load the same modules: what the first has compiled serves the others, as at every start.
    env: { ...process.env, TEST_DATABASE_URL: databaseUrl, NODE_COMPILE_CACHE: COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  tap = child
  const report = createTapReport((line) => console.log(line))
  const ended = once(child, 'close')
  for await (const text of child.stdout.setEncoding('utf8')) report.write(text)
  const [code] = await ended
  const counts = report.finish(code)
  // No test that passed is no success, however calmly tap ends.
  const passed = code === 0 && counts.failed === 0 && counts.passed > 0
  return { counts, exitCode: passed ? 0 : code || 1 }
}
