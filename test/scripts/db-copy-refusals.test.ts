import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import pg from 'pg'
import { type Test, test } from 'tap'
import { engines, open } from '../support/databases.ts'
import { temporaryFolder } from '../support/process.ts'
import { copy } from '../support/script.ts'
import { addCategory, databaseFor, INSTANT } from '../support/stores.ts'

const skip = engines.length < 2 && 'no PostgreSQL is at hand'

/** A database with one category, and what else is done to it past every rule. */
async function source(t: Test, ...statements: string[]): Promise<string> {
  const { url } = await databaseFor(t, 'sqlite')
  const store = await open(url)
  await store.write(async (trx) => {
    await addCategory(trx, 'one')
    for (const statement of statements) await sql.raw(statement).execute(trx)
  })
  await store.close()
  return url
}

test('one database under two names is refused', async (t) => {
  const url = await source(t)
  const link = join(temporaryFolder(t), 'link.db')
  symlinkSync(url.slice('sqlite:'.length), link)
  t.match(await copy(url, `sqlite:${link}`, '--replace', '--yes'), { code: 2, said: /name the same database/ })
})

test('a URL that is wrong is told with its option', async (t) => {
  const answer = await copy('sqlite:x.db', 'mysql://ana:geheim@host/shop')
  t.match(answer, { code: 2, said: /^--to must begin with sqlite:/ })
  t.notMatch(answer.said, /geheim/)
})

test('before the source is found fit, no file and no schema is made', { skip }, async (t) => {
  const url = await source(t, "update categories set description = 'a' || char(0)")
  const file = join(temporaryFolder(t), 'new', 'stock.db')
  t.match(await copy(url, `sqlite:${file}`), { code: 1, said: /categories id=1 description holds a NUL/ })
  t.match(await copy(await source(t), `sqlite:${file}`, '--dry-run'), { code: 0, said: /it would be made/ })
  t.notOk(existsSync(file))
  const target = await databaseFor(t, 'postgresql', { empty: true })
  t.match(await copy(url, target.url), { code: 1 })
  t.same(await tablesOf(target.url), [])
})

async function tablesOf(url: string, ...before: string[]): Promise<string[]> {
  const client = new pg.Client(url)
  await client.connect()
  for (const statement of before) await client.query(statement)
  const { rows } = await client.query("select table_name from information_schema.tables where table_schema = 'public'")
  await client.end()
  return rows.map((row) => row.table_name)
}

test('what another program keeps is left alone', { skip }, async (t) => {
  const file = join(temporaryFolder(t), 'theirs.db')
  const theirs = new Database(file)
  theirs.exec('create table notes (text)')
  const said = /are tables of another program \(notes\)/
  t.match(await copy(await source(t), `sqlite:${file}`), { code: 1, said })
  t.same(theirs.prepare('select name from sqlite_schema').pluck().all(), ['notes'])
  theirs.close()
  const target = await databaseFor(t, 'postgresql', { empty: true })
  await tablesOf(target.url, 'create table notes (text text)')
  t.match(await copy(await source(t), target.url), { code: 1, said })
  t.same(await tablesOf(target.url), ['notes'])
})

test('ids beyond what a number can hold do not hide what else is wrong', async (t) => {
  const values = `'x', 'x', '${INSTANT}', '${INSTANT}'`
  const url = await source(
    t,
    `insert into categories (id, name, name_key, created_at, updated_at) values (9223372036854775806, ${values})`,
    "update categories set description = cast(x'ff' as text)",
    `insert into login_throttle values ('\u001b[31m', 1, '${INSTANT}')`,
    'update login_throttle set key = key || char(0)',
    "update sqlite_sequence set seq = 9007199254740991 where name = 'users'",
    "insert into sqlite_sequence (name, seq) select 'users', 9007199254740991 where changes() = 0",
  )
  const { code, said } = await copy(url, (await databaseFor(t, 'sqlite')).url)
  t.equal(code, 1)
  for (const line of [
    /categories id has no next one up to 2\^53/,
    /categories id=9223372036854775806 id is beyond 2\^53/,
    /categories id=9223372036854775806 description is no text in UTF-8/,
    /categories id=1 description is no text in UTF-8/,
    /users id has no next one up to 2\^53/,
    /login_throttle key=\\u\{1b\}\[31m\\u\{0\} key holds a NUL character/,
  ])
    t.match(said, line)
  t.notOk(said.includes('\u001b'), 'nothing that a terminal would obey')
})

test('a counter that was lost gives out no id twice', { skip }, async (t) => {
  const url = await source(t, 'delete from sqlite_sequence')
  const target = await databaseFor(t, 'postgresql')
  t.match(await copy(url, target.url), { code: 0 })
  const store = await open(target.url)
  t.teardown(() => store.close())
  await store.write((trx) => addCategory(trx, 'two'))
  t.same(await store.read((db) => db.selectFrom('categories').select('id').orderBy('id').execute()), [
    { id: 1 },
    { id: 2 },
  ])
})

test('a user who may make no tables is told so', { skip }, async (t) => {
  const target = await databaseFor(t, 'postgresql', { empty: true })
  const readOnly = Object.assign(new URL(target.url), { search: '?options=-c%20default_transaction_read_only%3Don' })
  t.match(await copy(await source(t), readOnly.href), { code: 1, said: /the database lets no tables be made/ })
})
