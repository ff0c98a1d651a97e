import { test } from 'tap'
import { findEnvironmentUse } from '../../scripts/dev/check-environment.ts'
import { parse } from '../../scripts/dev/source-files.ts'

const found = (text: string, file = 'src/app.ts') => findEnvironmentUse(parse(file, text)).length > 0

test('every way to the environment is found', async (t) => {
  const ways = [
    'process.env.PORT',
    "process['env'].PORT",
    'const { env } = process',
    'const everything = process',
    'start({ process })',
    'globalThis.process.env',
    "globalThis['process'].env",
    'const { env } = globalThis.process',
    "import { env } from 'node:process'",
    "import proc from 'process'",
  ]
  for (const way of ways) t.ok(found(way), way)
  t.ok(found('process.env.PORT', 'migrations/0001-start.ts'), 'in a migration')
  t.same(findEnvironmentUse(parse('src/app.ts', '\nprocess.env')), [
    'src/app.ts:2 reads the environment; only src/config.ts may',
  ])
})

test('the configuration may read it, and others may use the rest of process', async (t) => {
  t.notOk(found('process.env.PORT', 'src/config.ts'))
  const harmless = [
    "process.on('SIGTERM', stop)",
    'process.exitCode = 1',
    'job.process()',
    'const a = { process: 1 }',
    'const env = 1',
  ]
  for (const way of harmless) t.notOk(found(way), way)
})
