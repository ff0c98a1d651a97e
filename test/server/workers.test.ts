import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { SECRETS } from '../support/app.ts'
import { engines } from '../support/databases.ts'
import { type Server, startServer } from '../support/process.ts'
import { databaseFor } from '../support/stores.ts'

const skip = engines.length < 2 && 'no PostgreSQL is at hand'
const PASSWORD = 'correct-horse-battery'

async function startWorkers(t: Test, env: Record<string, string> = {}): Promise<Server> {
  const { url } = await databaseFor(t, 'postgresql', { empty: true })
  const production = { NODE_ENV: 'production', MIGRATE_ON_START: 'true', ADMIN_PASSWORD: PASSWORD, ...SECRETS }
  const server = await startServer(t, { env: { ...production, WEB_CONCURRENCY: '3', DATABASE_URL: url, ...env } })
  await server.healthy()
  return server
}

function workersOf({ process: { pid } }: Server): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 1200) throw new Error('it did not happen within 60 s')
    await sleep(50)
  }
}

const linux = process.platform !== 'linux' && 'workers are counted in /proc'

test('several workers serve one port; one that dies is replaced; a stop ends all', {
  skip: skip || linux,
}, async (t) => {
  const server = await startWorkers(t)
  await until(() => workersOf(server).length === 3)
  const before = workersOf(server)
  const login = await fetch(`${server.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: PASSWORD }),
  })
  const { access_token } = (await login.json()) as { access_token: string }
  const ask = () => fetch(`${server.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${access_token}` } })
  for (let round = 0; round < 12; round += 1) t.equal((await ask()).status, 200)
  process.kill(before[1] as number, 'SIGKILL')
  await until(() => workersOf(server).length === 3 && !workersOf(server).includes(before[1] as number))
  t.match(server.stdout(), /"a worker died; another starts in \d+ ms"/)
  t.equal((await ask()).status, 200)
  const last = workersOf(server)
  const { code, ms } = await server.stop('SIGTERM')
  t.equal(code, 0)
  t.ok(ms < 60_000, `${ms} ms`)
  for (const pid of last) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, 'no worker is left')
})

test('a signal to every process, as a terminal and some platforms send it, is one stop', {
  skip: skip || linux,
}, async (t) => {
  const server = await startWorkers(t)
  await until(() => workersOf(server).length === 3)
  for (const pid of workersOf(server)) process.kill(pid, 'SIGTERM')
  const { code } = await server.stop('SIGTERM')
  t.equal(code, 0)
  t.notMatch(server.stdout(), /a worker died|second/)
})

test('workers that cannot start end the service with the reason', { skip }, async (t) => {
  const env = { NODE_ENV: 'production', WEB_CONCURRENCY: '2', MIGRATE_ON_START: 'true', ...SECRETS }
  const { url } = await databaseFor(t, 'postgresql')
  const first = await startServer(t, { env: { ...env, DATABASE_URL: url } })
  await first.healthy()
  const port = Number(new URL(first.url).port)
  const second = await startServer(t, { env: { ...env, DATABASE_URL: url }, port })
  t.equal(await second.exited, 1)
  t.match(second.stderr(), new RegExp(`port ${port} is taken`))
})

test('each worker writes a log file of its own', { skip }, async (t) => {
  const server = await startWorkers(t, { WEB_CONCURRENCY: '2', LOG_FILE: 'logs/stock.log' })
  const names = () => readdirSync(join(server.cwd, 'logs')).sort()
  await until(() => names().length === 3)
  t.same(names(), ['stock-1.1.log', 'stock-2.1.log', 'stock.1.log'], 'and the one that watches over them')
})

test('SQLite is served by one process, and the log says so', async (t) => {
  const server = await startServer(t, { env: { WEB_CONCURRENCY: '4' } })
  await server.healthy()
  t.match(server.stdout(), /WEB_CONCURRENCY=4 has no effect: one process serves an SQLite database/)
  if (!linux) t.same(workersOf(server), [])
})
