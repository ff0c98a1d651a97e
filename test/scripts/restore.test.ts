import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type Test, test } from 'tap'
import { createSessionLoader } from '../../src/modules/auth/service.ts'
import { buildTestApp, onEveryEngine } from '../support/app.ts'
import { addStock, backup, changeFile, differing, ENDED, restore } from '../support/backups.ts'
import { engines, open } from '../support/databases.ts'
import { temporaryFolder } from '../support/process.ts'
import { runScript } from '../support/script.ts'
import { databaseFor } from '../support/stores.ts'

const verify = (file: string) => runScript('db-verify.ts', ['--a', `sqlite:${file}`])

/** A backup of one product, and a folder for it. */
async function backupFor(t: Test, engine: 'sqlite' | 'postgresql' = 'sqlite') {
  const app = await buildTestApp(t, engine)
  await addStock(app, 5)
  const folder = temporaryFolder(t)
  const file = join(folder, 'backup.db')
  const made = await backup(app.url, '--to', file)
  t.equal(made.code, 0, made.said)
  return { app, folder, file }
}

/** Leaves a database as a killed process does, with its last writes in the log alone; the bytes of that log. */
function leaveLog(file: string): Buffer {
  const database = new Database(file)
  database.pragma('journal_mode = wal')
  database.pragma('wal_autocheckpoint = 0')
  database.exec("update products set name = 'Old'; create table padding (text text)")
  database.prepare('insert into padding values (?)').run('x'.repeat(100_000))
  const bytes = [readFileSync(file), readFileSync(`${file}-wal`)] as const
  database.close()
  writeFileSync(file, bytes[0])
  writeFileSync(`${file}-wal`, bytes[1])
  return bytes[1]
}

const LYING_THERE: [string, (file: string, other: string) => void][] = [
  ['its own file', () => {}],
  ['no file', (file) => rmSync(file)],
  ['another file', (file, other) => copyFileSync(other, file)],
  ['no database', (file) => writeFileSync(file, 'no database'.repeat(1000))],
]

test('a log that lies where a backup is restored to does not get into it', async (t) => {
  const { folder, file } = await backupFor(t)
  for (const [name, leave] of LYING_THERE) {
    const target = join(folder, `${name}.db`)
    copyFileSync(file, target)
    const log = leaveLog(target)
    leave(target, file)
    const before = existsSync(target) ? readFileSync(target) : undefined
    const restored = await restore(file, `sqlite:${target}`, '--yes')
    t.match(restored, { code: 0, said: /Restored/ }, `${name}: ${restored.said}`)
    t.notOk(existsSync(`${target}-wal`), `${name}: nothing beside it`)
    t.same(await differing(`sqlite:${file}`, `sqlite:${target}`), ENDED, `${name}: what the backup holds`)
    const kept = readdirSync(folder).filter((entry) => entry.startsWith(`${name}.db.before-restore-`))
    const [main, wal] = before ? kept.sort() : [undefined, ...kept]
    if (before) t.ok(readFileSync(join(folder, main as string)).equals(before), `${name}: kept as it was`)
    t.ok(readFileSync(join(folder, wal as string)).equals(log), `${name}: its log, too`)
  }
})

test('a backup is not written beside the log of another file', async (t) => {
  const { app, folder } = await backupFor(t)
  const file = join(folder, 'next.db')
  writeFileSync(`${file}-wal`, 'of another one')
  t.match(await backup(app.url, '--to', file), { code: 1, said: /next\.db-wal exists already/ })
  t.notOk(existsSync(file))
})

/** One value of each kind of table: the service's own, the jobs', SQLite's counters, a search index, the checksums. */
const ALTERATIONS: [string, string][] = [
  ['users', "update users set password_hash = 'x' || substr(password_hash, 2)"],
  ['products', "update products set name = 'Tornilla'"],
  ['categories', "update categories set name = 'Varias'"],
  ['sqlite_sequence', "update sqlite_sequence set seq = seq + 1 where name = 'products'"],
  ['sqlite_schema', 'create table other (id integer)'],
  ['kysely_migration', "update kysely_migration set timestamp = '2000'"],
  ['backup_checksums', 'drop table backup_checksums'],
  ['backup_checksums', 'pragma application_id = 1'],
  ['users', "update backup_checksums set held = '1 ' || held where name = 'users'"],
]

onEveryEngine('a backup that was altered is neither restored nor verified', async (t, engine) => {
  const { folder, file } = await backupFor(t, engine)
  const target = await databaseFor(t, engine)
  const copy = join(folder, 'altered.db')
  // What is found does not depend on where it goes to.
  for (const [table, statements] of engine === 'sqlite' ? ALTERATIONS : ALTERATIONS.slice(0, 2)) {
    copyFileSync(file, copy)
    changeFile(copy, statements)
    const said = new RegExp(`altered after it was made as a backup: .*\\b${table}\\b`)
    t.match(await restore(copy, target.url, '--yes'), { code: 1, said }, statements)
    t.match(await verify(copy), { code: 1, said }, statements)
  }
  t.match(await verify(file), { code: 0, said: /every table is as its checksum says/ })
})

test('a flipped bit in a text of a backup is found', async (t) => {
  const { folder, file } = await backupFor(t)
  const bytes = readFileSync(file)
  const places = [...bytes.toString('latin1').matchAll(/Tornillo/g)].map(({ index }) => index)
  t.ok(places.length > 0)
  const target = join(folder, 'stock.db')
  for (const place of places) {
    const flipped = Buffer.from(bytes)
    flipped[place] = (flipped[place] as number) ^ 1
    const copy = join(folder, 'flipped.db')
    writeFileSync(copy, flipped)
    t.match(await restore(copy, `sqlite:${target}`, '--yes'), { code: 1, said: /is not restored/ }, `byte ${place}`)
    t.notOk(existsSync(target))
  }
})

test('a backup without checksums is restored, and that is said', async (t) => {
  const { folder, file } = await backupFor(t)
  const old = join(folder, 'old.db')
  copyFileSync(file, old)
  changeFile(old, 'drop table backup_checksums; pragma application_id = 0')
  for (const engine of engines) {
    const { url } = await databaseFor(t, engine)
    t.match(await restore(old, url, '--yes'), { code: 0, said: /carries no checksums(.|\n)*Restored/ })
    t.same(await differing(`sqlite:${file}`, url), ENDED)
  }
})

onEveryEngine('a restore ends all sessions, and says so', async (t, engine) => {
  const { app, file } = await backupFor(t, engine)
  t.ok(await createSessionLoader(app.store)(1), 'it lives where it began')
  const { url } = await databaseFor(t, engine)
  const restored = await restore(file, url, '--yes')
  t.match(restored, { code: 0, said: /All sessions are ended \([1-9]\d*\): everybody logs in again/ }, restored.said)
  const store = await open(url)
  t.teardown(() => store.close())
  t.equal(await createSessionLoader(store)(1), undefined)
})

test('what was restored is no backup any more, and can be backed up again', async (t) => {
  const { folder, file } = await backupFor(t)
  const target = join(folder, 'stock.db')
  t.match(await restore(file, `sqlite:${target}`, '--yes'), { code: 0 })
  changeFile(target, "update products set name = 'Tuerca'")
  t.match(await verify(target), { code: 0 })
  // A backup that is used as a database keeps its checksums, and the next one made of it has its own.
  changeFile(file, "update products set name = 'Tuerca'")
  const next = join(folder, 'next.db')
  t.match(await backup(`sqlite:${file}`, '--to', next), { code: 0 })
  t.match(await verify(next), { code: 0, said: /every table is as its checksum says/ })
})
