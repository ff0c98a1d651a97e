import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { onEveryEngine } from '../support/app.ts'
import { backup, restore } from '../support/backups.ts'
import { startServer, temporaryFolder } from '../support/process.ts'
import { databaseFor } from '../support/stores.ts'

// The usual one, with which what is made can be read by everybody.
process.umask(0o022)
const skip = process.platform === 'win32' && 'there are no such modes'
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)
const isRoot = process.getuid?.() === 0

test('what the service makes is for its owner alone', { skip }, async (t) => {
  const server = await startServer(t)
  await server.healthy()
  const folder = join(server.cwd, 'instance')
  t.equal(modeOf(folder), '700')
  const files = readdirSync(folder)
  t.ok(files.includes('stock_management.db-wal'), 'looked at while the log is there')
  for (const file of files) t.equal(modeOf(join(folder, file)), '600', file)
  await server.stop()
})

onEveryEngine('a backup and what is restored from it are for their owner alone', async (t, engine) => {
  const { url } = await databaseFor(t, engine)
  const folder = temporaryFolder(t)
  const file = join(folder, 'backups', 'one.db')
  t.match(await backup(url, '--to', file), { code: 0 })
  t.equal(modeOf(join(folder, 'backups')), '700')
  t.equal(modeOf(file), '600')
  const target = join(folder, 'new', 'stock.db')
  t.match(await restore(file, `sqlite:${target}`, '--yes'), { code: 0 })
  t.equal(modeOf(join(folder, 'new')), '700')
  t.equal(modeOf(target), '600')
})

test('a restore keeps mode and owner of what it replaces', { skip }, async (t) => {
  const { url } = await databaseFor(t, 'sqlite')
  const folder = temporaryFolder(t)
  const file = join(folder, 'one.db')
  t.match(await backup(url, '--to', file), { code: 0 })
  const place = join(folder, 'place')
  mkdirSync(place)
  const target = join(place, 'stock.db')
  const [uid, gid] = isRoot ? [12_345, 23_456] : [statSync(place).uid, statSync(place).gid]
  chownSync(place, uid, gid)
  t.match(await restore(file, `sqlite:${target}`, '--yes'), { code: 0 })
  t.match(statSync(target), { uid, gid }, 'of the folder, where there was no file')
  chmodSync(target, 0o640)
  t.match(await restore(file, `sqlite:${target}`, '--yes'), { code: 0 })
  t.match(statSync(target), { uid, gid })
  t.equal(modeOf(target), '640')
  t.equal(readdirSync(place).length, 2, 'with the one before')
})
