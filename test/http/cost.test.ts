import { test } from 'tap'
import { buildTestApp } from '../support/app.ts'

/** Two kinds of marks in turn, which have to be put in order. */
const MARKS = '\u0301\u0316'
const NEAR_THE_LIMIT = 240_000

/** Tells the longest text that was normalised while `work` ran. */
async function longestNormalized(work: () => Promise<unknown>): Promise<number> {
  const { normalize } = String.prototype
  let longest = 0
  String.prototype.normalize = function measured(this: string, form?: string) {
    longest = Math.max(longest, this.length)
    return normalize.call(this, form)
  }
  try {
    await work()
  } finally {
    String.prototype.normalize = normalize
  }
  return longest
}

test('no text is normalised that is longer than its field', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const marks = MARKS.repeat(NEAR_THE_LIMIT / 4 / MARKS.length)
  const name = encodeURIComponent(MARKS.repeat(300))
  const lines = [{ product_id: 1, quantity: 1 }]
  const longest = await longestNormalized(async () => {
    for (const [method, path, body] of [
      ['PATCH', '/auth/me', { first_name: marks, last_name: marks }],
      ['POST', '/auth/login', { username: marks, password: 'x' }],
      ['POST', '/auth/login', { username: 'x', password: marks }],
      ['POST', '/categories', { name: marks, description: marks }],
      ['POST', '/products', { name: marks, price: '1', category_id: 1, sku: marks }],
      ['POST', '/movements', { type: 'receipt', lines, note: marks }],
    ] as const) {
      t.equal((await call(method, path, { body })).statusCode, 422, `${method} ${path}`)
    }
    for (const path of [`/products?q=${name}`, `/movements?reference=${name}`, `/products/lookup/sku/${name}`]) {
      t.ok([400, 414].includes((await call('GET', path)).statusCode), path.slice(0, 30))
    }
    const headers = { 'idempotency-key': marks.slice(0, 1000) }
    t.equal((await call('POST', '/categories', { body: { name: 'x' }, headers })).statusCode, 400)
  })
  t.ok(longest <= 4000, `${longest} units of text`)
})

test('white space around a text and letters in parts still do not count', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const letters = 'ñ'.repeat(100)
  const name = `${' '.repeat(5000)}${letters.normalize('NFD')}\n`
  t.equal((await call('POST', '/categories', { body: { name } })).json().name, letters)
  const emoji = '🔩'.repeat(100)
  t.equal((await call('POST', '/categories', { body: { name: emoji } })).json().name, emoji)
  for (const long of [`${letters}ñ`, `${emoji}🔩`, 'n\u0303'.repeat(101)]) {
    const answer = await call('POST', '/categories', { body: { name: long } })
    t.match(answer.json(), { status: 422, errors: [{ pointer: '#/name', detail: 'must have at most 100 characters' }] })
  }
})

test('the numbers of a body cost what its letters cost', async (t) => {
  const { call } = await buildTestApp(t, 'sqlite')
  const cost = async (element: string) => {
    const body = `{"name":"x","z":[${Array(NEAR_THE_LIMIT / 4)
      .fill(element)
      .join(',')},1.5e1]}`
    const before = process.cpuUsage()
    t.equal((await call('POST', '/categories', { body })).statusCode, 422, element)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  await cost('1e3')
  const [letters = 0, numbers = 0] = [await cost('"x"'), await cost('1e3')]
  t.ok(numbers < 8 * letters + 20_000, `${numbers} µs, and ${letters} µs for letters`)
})
