import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { levelOf, move } from '../../support/stock.ts'
import { walk } from '../../support/walk.ts'

interface Entry {
  movement_id: number
  line_number: number
  type: string
  change: number
  balance: number
}

const brief = ({ type, change, balance }: Entry) => `${type} ${change} = ${balance}`

async function recordSome(app: TestApp, product_id: number, second: number) {
  const line = { product_id }
  await move(app, 'receipt', [{ ...line, quantity: 10 }])
  await move(app, 'issue', [
    { ...line, quantity: 1 },
    { ...line, quantity: 2 },
  ])
  await move(app, 'transfer', [{ ...line, quantity: 4, to_location_id: second }])
  await move(app, 'adjustment', [{ ...line, quantity: -1, location_id: second }])
  await move(app, 'count', [{ ...line, quantity: 3 }])
}

onEveryEngine('a history tells every line, the latest first, with the balance after it', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  await recordSome(app, a, locations[1] as number)
  await recordSome(app, b, locations[1] as number)
  const wanted = [
    'count 0 = 6',
    'adjustment -1 = 6',
    'transfer 0 = 7',
    'issue -2 = 7',
    'issue -1 = 9',
    'receipt 10 = 10',
  ]
  for (const limit of [1, 2, 4, 100]) {
    t.same((await walk<Entry>(app, `/products/${a}/movements`, limit)).map(brief), wanted, `in pages of ${limit}`)
  }
  t.equal((await app.call('GET', '/products/999999/movements')).statusCode, 404)
  t.equal((await app.call('GET', `/products/${a}/movements?sort=id`)).statusCode, 400)
})

onEveryEngine('an explanation goes from nothing to the level', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0], 2)
  const [a = 0] = products
  const [main = 0, second = 0, third = 0] = locations
  await recordSome(app, a, second)
  const explain = async (location: number, limit: number) =>
    (await walk<Entry>(app, `/stock/explain?product_id=${a}&location_id=${location}`, limit)).map(brief)
  const wanted = ['receipt 10 = 10', 'issue -1 = 9', 'issue -2 = 7', 'transfer -4 = 3', 'count 0 = 3']
  for (const limit of [1, 3, 100]) t.same(await explain(main, limit), wanted)
  t.same(await explain(second, 1), ['transfer 4 = 4', 'adjustment -1 = 3'])
  t.same(await explain(third, 10), [], 'nothing was ever here')
  t.equal((await app.call('GET', `/stock/explain?product_id=${a}&location_id=999999`)).statusCode, 404)
  t.equal((await app.call('GET', `/stock/explain?product_id=999999&location_id=${main}`)).statusCode, 404)
  t.equal((await app.call('GET', `/stock/explain?product_id=${a}`)).statusCode, 400)
})

onEveryEngine('a history is read to its end while movements arrive', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [a = 0] = products
  const [main = 0] = locations
  for (let index = 1; index <= 25; index += 1) await move(app, 'receipt', [{ product_id: a, quantity: index }])
  const follow = async (path: string) => {
    const rows: Entry[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const [page] = await Promise.all([
        app.call('GET', `${path}limit=4${query}`),
        rows.length < 20 ? move(app, 'receipt', [{ product_id: a, quantity: 1000 }]) : undefined,
      ])
      rows.push(...page.json().data)
      cursor = page.json().next_cursor
    }
    return rows
  }
  const backwards = await follow(`/products/${a}/movements?`)
  const old = backwards.filter((entry) => entry.change < 1000)
  t.equal(old.length, 25, 'each line once')
  t.equal(backwards.at(-1)?.balance, 1)
  for (const [index, entry] of backwards.entries()) {
    const next = backwards[index + 1]
    t.equal(entry.balance - entry.change, next?.balance ?? 0, 'each balance follows from the one before')
  }
  const forwards = await follow(`/stock/explain?product_id=${a}&location_id=${main}&`)
  t.equal(new Set(forwards.map((entry) => entry.movement_id)).size, forwards.length)
  t.equal(forwards.at(-1)?.balance, (await levelOf(app, a, main)).quantity, 'the last balance is the level')
})

onEveryEngine('a cursor belongs to its list', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  await recordSome(app, a, locations[1] as number)
  const { next_cursor } = (await app.call('GET', `/products/${a}/movements?limit=2`)).json()
  const cursor = encodeURIComponent(next_cursor)
  t.match((await app.call('GET', `/products/${b}/movements?cursor=${cursor}`)).json(), { code: 'invalid_cursor' })
  t.match((await app.call('GET', `/stock?cursor=${cursor}`)).json(), { code: 'invalid_cursor' })
})

onEveryEngine('stock can be asked for as of any instant, by either clock', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [a = 0] = products
  const [main = 0] = locations
  const line = (quantity: number) => [{ product_id: a, quantity }]
  await move(app, 'receipt', line(10), { effective_at: '2025-03-01T10:00:00.000Z' })
  await move(app, 'issue', line(3), { effective_at: '2025-03-01T12:00:00.000+02:00' })
  await move(app, 'receipt', line(5), { effective_at: '2025-02-01T00:00:00Z' })
  await move(app, 'issue', line(2), { effective_at: '2025-01-01T00:00:00Z' })
  const at = async (as_of: string, clock = 'effective') => {
    const query = `as_of=${encodeURIComponent(as_of)}&clock=${clock}`
    const stock = (await app.call('GET', `/products/${a}/stock?${query}`)).json()
    const { data } = (await app.call('GET', `/stock?product_id=${a}&location_id=${main}&${query}`)).json()
    t.equal(data[0].quantity, stock.quantity, 'the list and the product agree')
    return stock.quantity
  }
  t.equal(await at('2025-03-01T10:00:00.000Z'), 10, 'both of the same instant are in, with what was before')
  t.equal(await at('2025-03-01T09:59:59.999Z'), 3, 'a millisecond before neither is')
  t.equal(await at('2025-03-01T11:00:00.000+01:00'), 10, 'in any time zone')
  t.equal(await at('2025-01-15T00:00:00Z'), -2, 'what left before it came is told as it was recorded')
  t.equal(await at('2024-12-31T23:59:59.999Z'), 0)
  t.equal(await at('2999-01-01T00:00:00Z'), 10)
  t.equal(await at('2025-06-01T00:00:00Z', 'recorded'), 0, 'nothing of it was known then')
  t.equal(await at('2999-01-01T00:00:00Z', 'recorded'), 10)
  const { recorded_at } = (await move(app, 'receipt', line(1))).json()
  t.equal(await at(recorded_at, 'recorded'), 11)
})

onEveryEngine('an instant that no calendar has is refused, not failed on', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const lists = [
    ...['effective_from', 'effective_before', 'recorded_from', 'recorded_before'].map((name) => `/movements?${name}=`),
    '/stock?as_of=',
    `/products/${products[0]}/stock?as_of=`,
  ]
  const wrong = [
    '2016-12-31T23:59:60Z',
    '0000-06-01T00:00:00Z',
    '9999-12-31T23:59:59-23:59',
    '2025-02-30T00:00:00Z',
    '2025-01-01',
    'now',
  ]
  for (const list of lists) {
    for (const instant of wrong) {
      const answer = await app.call('GET', `${list}${encodeURIComponent(instant)}`)
      t.equal(answer.statusCode, 400, `${list}${instant}: ${answer.body}`)
    }
    for (const instant of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2025-01-01T00:00:00+14:00']) {
      const answer = await app.call('GET', `${list}${encodeURIComponent(instant)}`)
      t.equal(answer.statusCode, 200, `${list}${instant}: ${answer.body}`)
    }
  }
})
