import { existsSync } from 'node:fs'
import pg from 'pg'
import { test } from 'tap'
import { startPostgres } from '../../scripts/dev/embedded-postgres.ts'

test('the server works, orders text as real servers do, and leaves nothing behind', async (t) => {
  const server = await startPostgres()
  t.teardown(server.stop)
  const client = new pg.Client(server.url)
  client.on('error', () => {}) // stop() cuts the connection: that is what it promises
  await client.connect()
  const ordered = await client.query(
    "SELECT name FROM (VALUES ('b'), ('B'), ('a'), ('ñ'), ('o')) AS t(name) ORDER BY name",
  )
  t.same(
    ordered.rows.map((row) => row.name),
    ['a', 'b', 'B', 'ñ', 'o'],
  )
  const { rows } = await client.query(
    "SELECT current_setting('data_directory') AS folder, current_setting('fsync') AS fsync",
  )
  t.equal(rows[0].fsync, 'off')
  t.ok(existsSync(rows[0].folder))

  await server.stop()
  await server.stop()
  t.notOk(existsSync(rows[0].folder), 'the folder is gone')
  await t.rejects(new pg.Client(server.url).connect(), { code: 'ECONNREFUSED' })
})
