import { pino } from 'pino'
import { test } from 'tap'
import { freePort } from '../../scripts/dev/free-port.ts'
import type { Migrations } from '../../src/db/migrator.ts'
import { Problem } from '../../src/errors.ts'
import { prepareDatabase } from '../../src/process/prepare-database.ts'
import { startServer } from '../support/process.ts'

const away = () => {
  const cause = new Error('connect ECONNREFUSED db.internal:5432')
  return Promise.reject(new Problem('database-unavailable', 'The database cannot be reached now.', { cause }))
}
const present = async () => ({ applied: [], pending: [], unknown: [] })
const log = pino({ level: 'silent' })

test('a database that comes a little later is waited for', async (t) => {
  let asked = 0
  const state = () => {
    asked += 1
    return asked < 3 ? away() : present()
  }
  await prepareDatabase({ state } as unknown as Migrations, { migrate: false, log })
  t.equal(asked, 3)
})

test('one that does not come stops the start, and says why', async (t) => {
  const migrations = { state: away } as unknown as Migrations
  const preparing = prepareDatabase(migrations, { migrate: false, log, patienceMs: 600 })
  await t.rejects(preparing, /could not be reached within 0.6 s \(connect ECONNREFUSED db.internal:5432\)/)
})

test('another fault is not waited for', async (t) => {
  let asked = 0
  const state = () => {
    asked += 1
    return Promise.reject(new Error('password authentication failed'))
  }
  await t.rejects(prepareDatabase({ state } as unknown as Migrations, { migrate: false, log }), /password/)
  t.equal(asked, 1)
})

test('the waiting is told in the log, without the password', async (t) => {
  const port = await freePort()
  const server = await startServer(t, { env: { DATABASE_URL: `postgresql://stock:hunter2@127.0.0.1:${port}/stock` } })
  await server.printed(/the database is away; waiting for it for up to 30 s/)
  t.equal(server.process.exitCode, null)
  t.notMatch(server.stdout() + server.stderr(), /hunter2/)
})
