import { pino } from 'pino'
import { type App, buildApp } from '../../src/app.ts'
import { Migrations } from '../../src/db/migrator.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../support/app.ts'
import { open } from '../support/databases.ts'

/** A second process, as far as the database can tell. */
async function secondApp({ config, url }: TestApp): Promise<{ app: App; close(): Promise<void> }> {
  const store = await open(url)
  const app = await buildApp({ config, store, migrations: new Migrations(store), log: pino({ level: 'silent' }) })
  await app.ready()
  const close = async () => {
    await app.close()
    await store.close()
  }
  return { app, close }
}

const kept = ['content-type', 'location', 'etag'] as const

onEveryEngine('a repetition is answered byte for byte, also by another process', async (t, engine) => {
  const mine = await buildTestApp(t, engine)
  const request = { body: { name: 'Una' }, headers: { 'idempotency-key': '"k-1"' } }
  const first = await mine.call('POST', '/categories', request)
  t.notOk(first.headers['idempotency-replayed'])
  const bare = await mine.call('POST', '/categories', { ...request, headers: { 'idempotency-key': 'k-1' } })
  const other = await secondApp(mine)
  const headers = {
    authorization: `Bearer ${mine.tokens.admin}`,
    'content-type': 'application/json',
    'idempotency-key': 'k-1',
  }
  const elsewhere = await other.app.inject({
    method: 'POST',
    url: '/api/v1/categories',
    headers,
    payload: request.body,
  })
  await other.close()
  for (const again of [bare, elsewhere]) {
    t.equal(again.statusCode, 201)
    t.equal(again.body, first.body)
    t.equal(again.headers['idempotency-replayed'], 'true')
    for (const name of kept) t.equal(again.headers[name], first.headers[name], name)
  }
})

onEveryEngine('ten at once over two processes take effect once', async (t, engine) => {
  const mine = await buildTestApp(t, engine)
  const other = await secondApp(mine)
  const headers = {
    authorization: `Bearer ${mine.tokens.admin}`,
    'content-type': 'application/json',
    'idempotency-key': 'k',
  }
  const request = { method: 'POST', url: '/api/v1/categories', headers, payload: { name: 'Una' } } as const
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => (index % 2 ? mine.app : other.app).inject(request)),
  )
  t.same([...new Set(answers.map((answer) => `${answer.statusCode} ${answer.body}`))].length, 1)
  t.equal(answers[0]?.statusCode, 201)
  t.equal(answers.filter((answer) => !answer.headers['idempotency-replayed']).length, 1)
  t.equal((await mine.call('GET', '/categories')).json().data.length, 1)
  await other.close()
})

onEveryEngine('a refusal is repeated as it was, although it would now succeed', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  await call('POST', '/categories', { body: { name: 'Una' } })
  const send = () => call('POST', '/categories', { body: { name: 'una' }, headers: { 'idempotency-key': 'k' } })
  const refused = await send()
  t.equal(refused.statusCode, 409)
  await call('DELETE', '/categories/1')
  const again = await send()
  t.equal(again.body, refused.body)
  t.equal(again.headers['content-type'], refused.headers['content-type'])
  t.equal(again.headers['idempotency-replayed'], 'true')
})

onEveryEngine('a key belongs to one request of one user', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const headers = { 'idempotency-key': 'k' }
  await call('POST', '/categories', { body: { name: 'Una' }, headers })
  const other = await call('POST', '/categories', { body: { name: 'Otra' }, headers })
  t.equal(other.statusCode, 422)
  t.equal(other.json().code, 'idempotency_key_reused')
  t.equal((await call('POST', '/categories', { body: { name: 'Otra' }, headers, as: 'manager' })).statusCode, 201)
  t.equal((await call('POST', '/locations', { body: { code: 'B', name: 'B' }, headers })).statusCode, 201)
  const again = await call('POST', '/categories', { body: { name: 'Una' }, headers })
  t.equal(again.json().name, 'Una', 'the first answer still holds')
})

onEveryEngine('what only concerns this attempt is not kept', async (t, engine) => {
  const { call } = await buildTestApp(t, engine, { RATE_LIMIT_MAX: '4' })
  const headers = { 'idempotency-key': 'k' }
  const send = (as: 'admin' | 'nobody' | 'manager', body: unknown = { name: 'Una' }) =>
    call('POST', '/categories', { body, headers, as })
  t.equal((await send('nobody')).statusCode, 401)
  t.equal((await send('admin', { nmae: 'x' })).statusCode, 422)
  t.equal((await send('admin')).statusCode, 201, 'neither a missing login nor a wrong body took the key')
  for (let index = 0; index < 4; index += 1) await call('GET', '/categories', { as: 'manager' })
  t.equal((await send('manager', { name: 'Dos' })).statusCode, 429)
})

onEveryEngine('a failure on our side leaves the key free', async (t, engine) => {
  const { app, call, store } = await buildTestApp(t, engine)
  const write = store.write.bind(store)
  const send = () => call('POST', '/categories', { body: { name: 'Una' }, headers: { 'idempotency-key': 'k' } })
  store.write = () => Promise.reject(new Error('the disk is gone'))
  t.equal((await send()).statusCode, 500)
  store.write = write
  t.equal((await send()).statusCode, 201)
  t.ok(app)
})

onEveryEngine('a key that is none is refused by name', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const send = (key: string) =>
    call('POST', '/categories', { body: { name: `Una ${key.slice(0, 20)}` }, headers: { 'idempotency-key': key } })
  for (const key of ['', '""', 'a b', 'x'.repeat(256), `"${'x'.repeat(256)}"`, 'ñ', 'x'.repeat(5000)]) {
    const response = await send(key)
    t.equal(response.statusCode, 400, key.slice(0, 20))
    t.match(response.json(), { code: 'invalid_parameter', errors: [{ pointer: 'header:/idempotency-key' }] })
  }
  t.equal((await send('x'.repeat(255))).statusCode, 201)
  t.equal((await send(`"${'y'.repeat(255)}"`)).statusCode, 201)
})

onEveryEngine('a dry run does not use up the key of the real thing', async (t, engine) => {
  const { call, store } = await buildTestApp(t, engine)
  const { seedShop } = await import('../support/shop.ts')
  const { products } = await seedShop(store)
  const body = { type: 'receipt', lines: [{ product_id: products[0], quantity: 5, unit_cost: '1.00' }] }
  const headers = { 'idempotency-key': 'k' }
  t.equal((await call('POST', '/movements?dry_run=true', { body, headers })).statusCode, 200)
  const real = await call('POST', '/movements', { body, headers })
  t.ok([201, 422].includes(real.statusCode), 'carried out, or refused: never the answer of the dry run')
  t.notOk(real.headers['idempotency-replayed'])
})
