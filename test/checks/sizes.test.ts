import { test } from 'tap'
import { findOversized } from '../../scripts/dev/check-sizes.ts'
import { parse } from '../../scripts/dev/source-files.ts'

const lines = (count: number, line = '  work()') => Array.from({ length: count }, () => line).join('\n')
const check = (file: string, text: string) => findOversized(parse(file, text))

test('files: 250 lines of source, 400 of test', async (t) => {
  t.same(check('src/a.ts', lines(250, 'work()')), [])
  t.same(check('src/a.ts', `${lines(250, 'work()')}\n`), [], 'the last line break is no line')
  t.same(check('src/a.ts', lines(251, 'work()')), ['src/a.ts:1 file of 251 lines (at most 250)'])
  t.same(check('scripts/a.ts', lines(251, 'work()')), ['scripts/a.ts:1 file of 251 lines (at most 250)'])
  t.same(check('test/a.test.ts', lines(400, 'work()')), [])
  t.same(check('test/a.test.ts', lines(401, 'work()')), ['test/a.test.ts:1 file of 401 lines (at most 400)'])
})

test('functions of every kind: 60 lines, also inside another', async (t) => {
  const found = (text: string) => check('src/a.ts', text)
  t.same(found(`function a() {\n${lines(58)}\n}`), [])
  t.same(found(`\nfunction a() {\n${lines(59)}\n}`), ['src/a.ts:2 function of 61 lines (at most 60)'])
  t.same(found(`const a = () => {\n${lines(59)}\n}`), ['src/a.ts:1 function of 61 lines (at most 60)'])
  t.same(found(`class A {\n  a() {\n${lines(59)}\n  }\n}`), ['src/a.ts:2 function of 61 lines (at most 60)'])
  t.same(found(`app.register(async (app) => {\n  app.addHook('onClose', () => {\n${lines(59)}\n  })\n})`), [
    'src/a.ts:2 function of 61 lines (at most 60)',
  ])
})

test('handlers: 25 lines, however they are given', async (t) => {
  const found = (text: string) => check('src/a.ts', text)
  const wrong = (line: number) => [`src/a.ts:${line} handler of 26 lines (at most 25)`]
  t.same(found(`app.get('/a', {}, async () => {\n${lines(23)}\n})`), [])
  for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
    t.same(found(`app.${method}('/a', {}, async () => {\n${lines(24)}\n})`), wrong(1), method)
  }
  t.same(found(`app.get(path, async function () {\n${lines(24)}\n})`), wrong(1), 'a path by name')
  t.same(found(`app.get('/a', {}, list)\nasync function list() {\n${lines(24)}\n}`), wrong(2), 'a function by name')
  t.same(found(`app.get('/a', {}, list)\nconst list = async () => {\n${lines(24)}\n}`), wrong(2), 'a constant by name')
  t.same(found(`app.route({ handler: async () => {\n${lines(24)}\n} })`), wrong(1), 'a property')
  t.same(found(`app.route({ handler() {\n${lines(24)}\n} })`), wrong(1), 'a method')
  t.same(check('test/a.test.ts', `app.get('/a', {}, async () => {\n${lines(24)}\n})`), [], 'tests have no handlers')
})

test('a list of registrations may be long, what it registers may not', async (t) => {
  const route = "  app.get('/a', { schema }, async () => list())"
  t.same(check('src/a.ts', `const routes = async (app) => {\n  const id = Id()\n${lines(80, route)}\n}`), [])
  t.same(check('src/a.ts', `const routes = async (app) => {\n${lines(80, route)}\n  work()\n}`), [
    'src/a.ts:1 function of 83 lines (at most 60)',
  ])
  const each = (body: string) => `const routes = async (app) => {\n  for (const { path } of ACTIONS) {\n${body}\n  }\n}`
  t.same(check('src/a.ts', each(lines(80, route))), [], 'for each of a table')
  t.same(check('src/a.ts', each(lines(80))), ['src/a.ts:1 function of 84 lines (at most 60)'])
  t.same(check('test/a.test.ts', `onBoth((db) => {\n${lines(80, "  test('a', async () => {})")}\n})`), [])
})

test('tables of plain data do not count, data that is computed does', async (t) => {
  const table = `[\n${lines(300, "  { name: 'a', size: -1, tags: ['b'], live: true },")}\n]`
  t.same(check('src/a.ts', `export const table = ${table} as const`), [])
  t.same(check('src/a.ts', `function table() {\n  return ${table}\n}`), [])
  t.same(check('src/a.ts', `export const table = [\n${lines(300, '  make(),')}\n]`).length, 1)
})
