import { test } from 'tap'
import { buildTestApp, onEveryEngine } from '../support/app.ts'

test('a cursor holds only for the list, the filters and the order it came from', async (t) => {
  const { call, app, store, config } = await buildTestApp(t, 'sqlite')
  for (const name of ['a', 'b', 'c', 'd']) await call('POST', '/categories', { body: { name } })
  const cursor: string = (await call('GET', '/categories?limit=2&sort=name')).json().next_cursor
  t.equal(
    (await call('GET', `/categories?limit=3&sort=name&cursor=${cursor}`)).json().data.length,
    2,
    'limit may differ',
  )
  t.ok(config.secretKey.length > 0 && store && app)

  const [payload = '', signature = ''] = cursor.split('.')
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = letters[(letters.indexOf(signature.at(-1) as string) + 1) % 64] as string
  const forged = Buffer.from('{"value":"zzz","id":0}').toString('base64url')
  const wrong = [
    `${payload}.${signature.slice(0, -1)}${last}`, `${payload}.`, payload, `.${signature}`, '.', 'x', `${cursor}x`, `${cursor}.x`,
    `x${cursor}`, `${forged}.${signature}`, forged, cursor.toUpperCase(), cursor.slice(1), '%00', 'null', '../x',
  ] // biome-ignore format: a list reads best in rows
  for (const value of wrong) {
    const response = await call('GET', `/categories?limit=2&sort=name&cursor=${value}`)
    t.equal(response.statusCode, 400, value)
    t.equal(response.json().code, 'invalid_cursor', value)
  }
  for (const query of ['sort=id', 'sort=name&order=desc', 'sort=created_at']) {
    t.equal((await call('GET', `/categories?limit=2&${query}&cursor=${cursor}`)).json().code, 'invalid_cursor', query)
  }
  t.equal((await call('GET', `/locations?limit=2&sort=name&cursor=${cursor}`)).json().code, 'invalid_cursor')
  t.equal((await call('GET', `/categories?cursor=${'x'.repeat(5001)}`)).json().code, 'invalid_parameter')
})

test('a cursor does not hold under another secret', async (t) => {
  const mine = await buildTestApp(t, 'sqlite')
  const other = await buildTestApp(t, 'sqlite', { SECRET_KEY: 'another-cursor-key-4h8d2j6s0a9f3g7k1l5p' })
  for (const { call } of [mine, other]) {
    for (const name of ['a', 'b', 'c']) await call('POST', '/categories', { body: { name } })
  }
  const cursor = (await mine.call('GET', '/categories?limit=1')).json().next_cursor
  t.equal((await mine.call('GET', `/categories?limit=1&cursor=${cursor}`)).statusCode, 200)
  t.equal((await other.call('GET', `/categories?limit=1&cursor=${cursor}`)).json().code, 'invalid_cursor')
})

onEveryEngine('the longest cursor there is leads on', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  // The sign whose key is the longest.
  const names = ['a', 'b', 'c'].map((end) => `${'\ufdfa'.repeat(99)}${end}`)
  for (const name of names) await call('POST', '/categories', { body: { name } })
  const found: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: string = cursor && `&cursor=${cursor}`
    const page = (await call('GET', `/categories?limit=1&sort=name${query}`)).json()
    t.ok((page.next_cursor?.length ?? 0) <= 5000)
    found.push(...page.data.map(({ name }: { name: string }) => name))
    cursor = page.next_cursor
  }
  t.same(found, names)
})
