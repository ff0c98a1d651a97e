import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { test } from 'tap'
import { loadConfig } from '../../src/config.ts'
import { buildTestApp, onEveryEngine } from '../support/app.ts'
import { addStock, backup, changeFile, differing, ENDED, restore, same } from '../support/backups.ts'
import { engines } from '../support/databases.ts'
import { startServer, temporaryFolder } from '../support/process.ts'
import { runScript } from '../support/script.ts'
import { databaseFor } from '../support/stores.ts'

onEveryEngine('a backup is one file, proven, and brings everything back into either engine', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  await addStock(app, 5)
  const folder = temporaryFolder(t)
  const file = join(folder, 'kept', 'one.db')
  const made = await backup(app.url, '--to', file)
  t.match(made, { code: 0, said: /holds 1 products, 1 movements, the last of 20.*; its ledger proves/ }, made.said)
  t.same(readdirSync(join(folder, 'kept')), ['one.db'], 'nothing beside it')
  t.ok(await same(app.url, `sqlite:${file}`))
  t.match(await backup(app.url, '--to', file), { code: 1, said: /exists already/ })
  for (const target of engines) {
    const { url } = await databaseFor(t, target, { empty: target === 'postgresql' })
    const restored = await restore(file, url, '--yes')
    t.match(restored, { code: 0, said: /Restored/ }, restored.said)
    t.same(await differing(app.url, url), ENDED, `restored into ${target}`)
  }
})

test('a backup of a service that writes is of one moment', async (t) => {
  const app = await buildTestApp(t, 'sqlite')
  await addStock(app, 5)
  let going = true
  let written = 0
  const writing = (async () => {
    for (; going; written += 1) await addStock(app, 1)
  })()
  const file = join(temporaryFolder(t), 'one.db')
  const made = await backup(app.url, '--to', file)
  going = false
  await writing
  t.equal(made.code, 0, made.said)
  t.ok(written > 0)
  t.match(await runScript('db-verify.ts', ['--a', `sqlite:${file}`]), { code: 0, said: /every balance is proven/ })
})

test('what was there before a restore is kept beside it', async (t) => {
  const app = await buildTestApp(t, 'sqlite')
  await addStock(app, 5)
  const folder = temporaryFolder(t)
  const file = join(folder, 'backup.db')
  t.equal((await backup(app.url, '--to', file)).code, 0)
  await addStock(app, 7)
  const database = join(folder, 'stock.db')
  t.equal((await backup(app.url, '--to', database)).code, 0)
  t.match(await restore(file, `sqlite:${database}`), { code: 2, said: /1 products, 2 movements(.|\n)*pass --yes/ })
  t.match(await runScript('db-verify.ts', ['--a', `sqlite:${database}`]), { said: /2 movements/ })
  t.equal((await restore(file, `sqlite:${database}`, '--yes')).code, 0)
  t.same(await differing(`sqlite:${file}`, `sqlite:${database}`), ENDED)
  const kept = readdirSync(folder).filter((name) => /^stock\.db\.before-restore-.*Z$/.test(name))
  t.equal(kept.length, 1)
  t.ok(await same(app.url, `sqlite:${join(folder, kept[0] as string)}`))
  t.notOk(readdirSync(folder).some((name) => name.endsWith('.partial')))
})

test('a database in use is not replaced', async (t) => {
  const server = await startServer(t)
  await server.healthy()
  const database = `sqlite:${join(server.cwd, 'instance', 'stock_management.db')}`
  const file = join(temporaryFolder(t), 'backup.db')
  t.equal((await backup(database, '--to', file)).code, 0)
  t.match(await restore(file, database, '--yes'), { code: 1, said: /in use: stop the service first/ })
  await server.stop()
  t.equal((await restore(file, database, '--yes')).code, 0)
})

test('what is no good backup changes nothing', async (t) => {
  const app = await buildTestApp(t, 'sqlite')
  await addStock(app, 5)
  const folder = temporaryFolder(t)
  const good = join(folder, 'good.db')
  await backup(app.url, '--to', good)
  const target = await databaseFor(t, 'sqlite')
  const bytes = readFileSync(target.url.slice('sqlite:'.length))
  for (const [name, spoil, said] of BAD) {
    const file = join(folder, `${name}.db`)
    copyFileSync(good, file)
    spoil(file)
    const answer = await restore(file, target.url, '--yes')
    t.equal(answer.code, 1, name)
    t.match(answer.said, said, name)
    t.ok(answer.said.startsWith(`${file} is not restored: `), name)
    t.match(answer.said, /\nNothing was changed.\n$/, name)
    t.notMatch(answer.said, /partial/, name)
    t.ok(readFileSync(target.url.slice('sqlite:'.length)).equals(bytes), `${name} changed nothing`)
  }
  t.match(await restore(join(folder, 'none.db'), target.url), { code: 1, said: /There is no file/ })
  const missing = await backup(`sqlite:${join(folder, 'none.db')}`)
  t.match(missing, { code: 1, said: /^No backup was made of the database file .*: There is no file/ })
  t.notOk(existsSync(join(folder, 'none.db')))
})

test('a backup that was looked at since is restored from where nothing can be written', async (t) => {
  const { url } = await databaseFor(t, 'sqlite')
  const folder = temporaryFolder(t)
  const file = join(folder, 'kept.db')
  await backup(url, '--to', file)
  change('pragma journal_mode = wal')(file)
  // SQLite follows no link to the file that it makes beside another, so it can make none.
  symlinkSync('nowhere', `${file}-shm`)
  const target = join(folder, 'stock.db')
  t.match(await restore(file, `sqlite:${target}`, '--yes'), { code: 0, said: /Restored/ })
  t.match(await runScript('db-verify.ts', ['--a', url, '--b', `sqlite:${target}`]), { code: 0 })
})

const change = (statements: string) => (file: string) => changeFile(file, statements)
/** Makes it a backup as they were before they carried checksums. */
const UNSEAL = 'drop table backup_checksums; pragma application_id = 0;'

const BAD: [string, (file: string) => void, RegExp][] = [
  ['text', (file) => writeFileSync(file, 'no database'), /not a database/],
  ['empty', (file) => truncateSync(file, 0), /no database of this service/],
  ['cut', (file) => truncateSync(file, statSync(file).size - 8192), /malformed|disk image|page|database/i],
  ['unproven', change(`${UNSEAL} update stock set quantity = quantity + 1`), /does not prove its balances/],
  ['newer', change("insert into kysely_migration values ('9999-tomorrow', '2030')"), /9999-tomorrow/],
  [
    'dangling',
    change(`${UNSEAL} pragma foreign_keys = off; update products set category_id = 99`),
    /products .* refers to a row of categories/,
  ],
]

test('old backups go when only some are to be kept', async (t) => {
  const { url } = await databaseFor(t, 'sqlite')
  const folder = temporaryFolder(t)
  const names = ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => `stock-${day}T00-00-00Z.db`)
  for (const name of [...names, 'mine.db']) writeFileSync(join(folder, name), '')
  const file = join(folder, 'stock-2026-01-04T00-00-00Z.db')
  t.match(await backup(url, '--to', file, '--keep', '2'), { code: 0, said: /removed stock-2026-01-02/ })
  t.same(readdirSync(folder), ['mine.db', 'stock-2026-01-03T00-00-00Z.db', 'stock-2026-01-04T00-00-00Z.db'])
  t.match(await backup(url, '--keep', '0'), { code: 2 })
})

test('the printed secrets start a production', async (t) => {
  const { code, said } = await runScript('secrets.ts', [])
  t.equal(code, 0)
  const made = parseEnv(said)
  const other = parseEnv((await runScript('secrets.ts', [])).said)
  for (const [name, value] of Object.entries(made)) t.not(value, other[name], `${name} is another one each time`)
  const { POSTGRES_PASSWORD, PGADMIN_PASSWORD, ...service } = made
  t.match(POSTGRES_PASSWORD, /^[A-Za-z0-9]{24}$/)
  t.match(PGADMIN_PASSWORD, /^[A-Za-z0-9]{24}$/)
  const config = loadConfig({ NODE_ENV: 'production', DATABASE_URL: 'sqlite:x.db', ...service } as never)
  t.equal(config.jwtSecretKey, made.JWT_SECRET_KEY)
})
