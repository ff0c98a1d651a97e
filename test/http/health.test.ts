import { Writable } from 'node:stream'
import { pino } from 'pino'
import { type Test, test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { Migrations } from '../../src/db/migrator.ts'
import { Problem } from '../../src/errors.ts'
import { buildTestApp, onEveryEngine, SECRETS } from '../support/app.ts'
import { createDatabase, open } from '../support/databases.ts'

/** An app on an empty database, which nobody has migrated. */
async function unmigrated(t: Test, engine: 'sqlite' | 'postgresql') {
  const database = await createDatabase(engine, { empty: true })
  const store = await open(database.url)
  const migrations = new Migrations(store)
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, ...SECRETS })
  let readied = 0
  const onReady = async () => {
    readied += 1
  }
  const app = await buildApp({ config, store, migrations, onReady, log: pino({ level: 'silent' }) })
  await app.ready()
  t.teardown(async () => {
    await app.close()
    await store.close()
    await database.drop()
  })
  return { app, migrations, readied: () => readied }
}

onEveryEngine('until the database is migrated only /health is well', async (t, engine) => {
  const { app, migrations, readied } = await unmigrated(t, engine)
  t.equal((await app.inject({ url: '/health' })).statusCode, 200)
  for (const url of ['/ready', '/api/v1/categories']) {
    const response = await app.inject({ url })
    t.equal(response.statusCode, 503, url)
    t.match(response.json(), { code: 'migrations_pending', instance: response.headers['x-request-id'] })
    t.match(response.headers['retry-after'], /^\d+$/)
  }
  t.equal(readied(), 0)
  await migrations.migrate('latest')
  const [first, second] = await Promise.all([app.inject({ url: '/ready' }), app.inject({ url: '/ready' })])
  t.same([first.statusCode, first.json(), second.statusCode], [200, { status: 'ready' }, 200])
  t.equal((await app.inject({ url: '/api/v1/categories' })).statusCode, 401)
  t.equal(readied(), 1, 'what is to be done once is done once')
})

test('/health has exactly its three fields', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite', { API_VERSION: '9.8.7' })
  const response = await app.inject({ url: '/health' })
  t.same(Object.keys(response.json()), ['status', 'timestamp', 'version'])
  t.match(response.json(), {
    status: 'healthy',
    version: '9.8.7',
    timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  })
  t.equal(response.headers['cache-control'], 'no-store')
})

test('an unknown parameter of a probe is refused, as everywhere', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite')
  for (const url of ['/health', '/ready']) {
    t.match((await app.inject(`${url}?x=1`)).json(), { status: 400, errors: [{ pointer: 'query:/x' }] }, url)
    t.equal((await app.inject(url)).statusCode, 200, url)
  }
})

test('while the database is away /ready says so within a second, and is well again afterwards', async (t) => {
  const { app, store } = await buildTestApp(t, 'sqlite')
  t.equal((await app.inject({ url: '/ready' })).statusCode, 200)
  const ping = store.ping.bind(store)
  const failures = {
    refused: () => Promise.reject(new Problem('database-unavailable', 'The database cannot be reached now.')),
    'of an unknown kind': () => Promise.reject(new Error('password=secret host=db.internal')),
    silent: () => new Promise<void>(() => {}),
  }
  for (const [name, failure] of Object.entries(failures)) {
    store.ping = failure
    const took: number[] = []
    const ask = async () => {
      const began = performance.now()
      const answer = await app.inject({ url: '/ready' })
      took.push(performance.now() - began)
      return answer
    }
    const response = await ask()
    // On a busy machine not every answer is as fast as it should be, but some are.
    while (Math.min(...took) >= 1000 && took.length < 10) await ask()
    t.equal(response.statusCode, 503, name)
    t.equal(response.json().code, 'database_unavailable', name)
    t.notMatch(response.body, /secret|internal/)
    t.ok(Math.min(...took) < 1000, `${name}: ${took} ms`)
    t.equal((await app.inject({ url: '/health' })).statusCode, 200)
  }
  store.ping = ping
  t.equal((await app.inject({ url: '/ready' })).statusCode, 200)
})

test('probes leave no line in the log, whatever they find', async (t) => {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const database = await createDatabase('sqlite')
  const store = await open(database.url)
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, ...SECRETS })
  const log = pino({ level: 'info' }, stream)
  const app = await buildApp({ config, store, migrations: new Migrations(store), log })
  t.teardown(async () => {
    await app.close()
    await store.close()
    await database.drop()
  })
  await app.inject({ url: '/health' })
  await app.inject({ url: '/ready' })
  store.ping = () => Promise.reject(new Problem('database-unavailable', 'away'))
  await app.inject({ url: '/ready' })
  t.same(lines, [])
  await app.inject({ url: '/nowhere' })
  t.equal(lines.length, 1, 'others leave one')
  t.match(JSON.parse(lines[0] as string), { method: 'GET', url: '/nowhere', status: 404, address: '127.0.0.1' })
})
