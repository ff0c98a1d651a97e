/**
 * Tests the tests: changes the source in one small place after another, and tells which changes no test notices.
 *
 *   npm run mutate                                  everything, which takes hours
 *   npm run mutate -- src/values src/db/url.ts      these folders and files
 *   npm run mutate -- --force src/values            and what an earlier run has found out, too
 *
 * The report of a folder is `reports/mutation/<folder>.html`, and beside it what the next run builds on: only mutants in
 * changed lines, and those whose tests have changed, run again.
 */
import '../../src/process/node-version.js'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from './embedded-postgres.ts'
import { type Group, groupsOf } from './mutate/groups.ts'

const ROOT = join(import.meta.dirname, '../..')
const STRYKER = join(
  dirname(createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json')),
  'bin/stryker.js',
)
/** Of a hundred mutants, at least so many are to be noticed. */
const NOTICED = 90

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { force: { type: 'boolean', default: false } },
})
const interrupted = new AbortController()
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())

try {
  process.exitCode = await run(groupsOf(ROOT, positionals), values.force)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** Answers 0 when enough was noticed in every group. */
async function run(groups: Group[], force: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'stock-mutate-'))
  // The account that a test's own PostgreSQL runs under must be able to pass.
  await chmod(folder, 0o711)
  const server = await startPostgres()
  try {
    let worst = 0
    for (const group of groups) {
      if (interrupted.signal.aborted) return 130
      console.log(`\n${group.name}: ${group.mutate.length} files, ${group.testFiles.length} test files`)
      worst = Math.max(worst, await runStryker(group, folder, server.url, force))
    }
    return worst
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function runStryker(group: Group, folder: string, databaseUrl: string, force: boolean): Promise<number> {
  const config = join(folder, 'stryker.config.json')
  await writeFile(config, JSON.stringify(optionsFor(group, force)))
  const child = spawn(process.execPath, [STRYKER, 'run', config], {
    cwd: ROOT,
    env: {
      ...process.env,
      // The tests run under this Node, and leave their files, if they are ended, where they are removed.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      TMPDIR: folder,
      TEST_DATABASE_URL: databaseUrl,
      // Instead of 30 s; Stryker ends what hangs before that.
      TAP_TIMEOUT: '300',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  interrupted.signal.addEventListener('abort', () => child.kill('SIGTERM'))
  const [code] = await once(child, 'close')
  return code ?? 1
}

/** @see https://stryker-mutator.io/docs/stryker-js/configuration */
function optionsFor({ name, mutate, testFiles }: Group, force: boolean) {
  const report = `reports/mutation/${name.replaceAll('/', '-')}`
  return {
    mutate,
    plugins: ['@stryker-mutator/tap-runner', './scripts/dev/mutate/ignore.ts'],
    ignorers: ['match-defaults'],
    testRunner: 'tap',
    tap: {
      testFiles,
      nodeArgs: ['-r', '{{hookFile}}', '--import', './scripts/dev/mutate/stop-at-failure.ts', '{{testFile}}'],
      forceBail: false,
    },
    // A test file is one test here: on a mutant run only the files that reach it.
    coverageAnalysis: 'perTest',
    concurrency: availableParallelism(),
    timeoutFactor: 2,
    timeoutMS: 15_000,
    dryRunTimeoutMinutes: 30,
    incremental: true,
    incrementalFile: `${report}.incremental.json`,
    force,
    ignorePatterns: ['/instance', '/reports', '/.tap'],
    tempDirName: '.stryker-tmp',
    cleanTempDir: 'always',
    reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
    clearTextReporter: { logTests: false, reportTests: false },
    htmlReporter: { fileName: `${report}.html` },
    jsonReporter: { fileName: `${report}.json` },
    thresholds: { high: 95, low: NOTICED, break: NOTICED },
    allowConsoleColors: process.stdout.isTTY === true,
  }
}
