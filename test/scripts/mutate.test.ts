import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { groupsOf } from '../../scripts/dev/mutate/groups.ts'

const ROOT = join(import.meta.dirname, '../..')

test('values, database, HTTP and what decides in every module are mutated, each with tests of its own', async (t) => {
  const groups = groupsOf(ROOT, [])
  const modules = globSync('src/modules/*/', { cwd: ROOT })
  t.same(groups.map(({ name }) => name).sort(), ['src/db', 'src/http', 'src/values', ...modules].sort())
  for (const { name, testFiles } of groups) t.ok(testFiles.length > 0, name)
  const files = groups.flatMap(({ mutate }) => mutate)
  for (const file of ['src/values/money.ts', 'src/db/sqlite/store.ts', 'src/modules/users/rules.ts']) {
    t.ok(files.includes(file), file)
  }
  t.same(
    files.filter((file) => /\.gen\.ts$|modules\/.*(?:routes|schemas|view)\.ts$/.test(file)),
    [],
  )
})

test('named files alone are mutated, and the test of the same name runs first', async (t) => {
  const [group, ...others] = groupsOf(ROOT, ['./src/values/text.ts'])
  t.same(others, [])
  t.same(group?.mutate, ['src/values/text.ts'])
  t.equal(group?.testFiles[0], 'test/values/text.test.ts')
  t.throws(() => groupsOf(ROOT, ['src/values', 'src/nowhere']), /src\/nowhere/)
})
