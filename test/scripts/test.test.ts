import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Test, test } from 'tap'

const SCRIPT = join(import.meta.dirname, '../../scripts/dev/test.ts')

const FILES = {
  'pass.test.ts': `import { test } from 'tap'
    test('adds', async (t) => { const two: number = 1 + 1; t.equal(two, 2); t.match(process.env.TEST_DATABASE_URL, 'not-used') })`,
  'fail.test.ts': `import { test } from 'tap'
    test('subtracts', async (t) => { t.equal(3 - 1, 1) })`,
  'crash.test.ts': `import { nothing } from './missing.ts'
    nothing()`,
  'skip.test.ts': `import { test } from 'tap'
    test('browser', { skip: 'no chromium' }, async () => {})`,
  'empty.test.ts': 'export {}',
}

/** Runs the runner in a project of its own, whose tests need no database server. */
function start(t: Test, tests: object, ...args: string[]) {
  const project = { ...tests, 'package.json': '{"type":"module"}' }
  const env = Object.entries(process.env).filter(([name]) => !/^_?TAP|^NODE_OPTIONS$/.test(name))
  return spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: t.testdir(project),
    env: { ...Object.fromEntries(env), TEST_DATABASE_URL: 'postgres://not-used' },
    encoding: 'utf8',
  })
}

function run(t: Test, ...files: string[]) {
  const { status, stdout } = start(t, FILES, ...files)
  return { status, lastLine: stdout.trimEnd().split('\n').at(-1) }
}

test('passing tests end with their number and success', async (t) => {
  t.same(run(t, 'pass.test.ts', 'skip.test.ts'), { status: 0, lastLine: '2 passed, 0 failed, 1 skipped' })
})

test('what takes long is left to test:long, and test:all runs both', async (t) => {
  const passing = FILES['pass.test.ts']
  const folders = { scripts: { 'a.test.ts': passing }, values: { 'b.test.ts': passing }, new: { 'c.test.ts': passing } }
  for (const [args, files] of [
    [[], ['test/new/c.test.ts', 'test/values/b.test.ts']],
    [['--long'], ['test/scripts/a.test.ts']],
    [
      ['test/values', 'test/new'],
      ['test/values/b.test.ts', 'test/new/c.test.ts'],
    ],
    [['--all'], ['test/new/c.test.ts', 'test/scripts/a.test.ts', 'test/values/b.test.ts']],
  ] as const) {
    const { stdout } = start(t, { test: folders }, ...args)
    t.same(stdout.match(/test\/\S+/g)?.sort(), files.toSorted(), args.join(' '))
  }
})

test('failed, crashed and empty files all count', async (t) => {
  const files = ['pass.test.ts', 'fail.test.ts', 'crash.test.ts', 'empty.test.ts']
  t.same(run(t, ...files), { status: 1, lastLine: '2 passed, 3 failed' })
})

test('no test that passes is no success', async (t) => {
  t.same(run(t, 'skip.test.ts'), { status: 1, lastLine: '0 passed, 0 failed, 1 skipped' }, 'all skipped')
})
