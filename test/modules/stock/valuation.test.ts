import type { LightMyRequestResponse } from 'fastify'
import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { costOf, move, proofOf } from '../../support/stock.ts'

/** Records a movement as somebody who may see values. */
const moveValued = (app: TestApp, type: string, lines: object[]) => move(app, type, lines, {}, { as: 'admin' })

const valuesOf = (answer: LightMyRequestResponse): (string | null)[] =>
  answer.json().lines.map((line: { value: string | null }) => line.value)

onEveryEngine('the moving average, worked by hand', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [product_id = 0] = products
  const steps: [string, object, string, { quantity: number; value: number }][] = [
    // 10 × 4.00
    ['receipt', { quantity: 10, unit_cost: '4.00' }, '40.00', { quantity: 10_000, value: 400_000 }],
    // + 10 × 6.00: 20 are worth 100.00, 5.00 each
    ['receipt', { quantity: 10, unit_cost: '6.00' }, '60.00', { quantity: 20_000, value: 1_000_000 }],
    // 8 × 5.00
    ['issue', { quantity: 8 }, '40.00', { quantity: 12_000, value: 600_000 }],
    // + 4 × 9.00: 16 are worth 96.00, 6.00 each
    ['receipt', { quantity: 4, unit_cost: '9.00' }, '36.00', { quantity: 16_000, value: 960_000 }],
    // carries 5 × 6.00, changes nothing together
    ['transfer', { quantity: 5, to_location_id: locations[1] }, '30.00', { quantity: 16_000, value: 960_000 }],
    // no cost given: at the average, which stays
    ['receipt', { quantity: 2 }, '12.00', { quantity: 18_000, value: 1_080_000 }],
    ['adjustment', { quantity: -3 }, '18.00', { quantity: 15_000, value: 900_000 }],
    // 10 were here, 12 are counted
    ['count', { quantity: 12 }, '12.00', { quantity: 17_000, value: 1_020_000 }],
    // a free one lowers the average: 18 are worth 102.00
    ['receipt', { quantity: 1, unit_cost: '0' }, '0.00', { quantity: 18_000, value: 1_020_000 }],
    // 102 × 12 ÷ 18
    ['issue', { quantity: 12 }, '68.00', { quantity: 6_000, value: 340_000 }],
  ]
  for (const [type, line, value, total] of steps) {
    const answer = await moveValued(app, type, [{ product_id, ...line }])
    t.equal(answer.statusCode, 201, answer.body)
    t.same(valuesOf(answer), [value], `${type} ${JSON.stringify(line)}`)
    t.same(await costOf(app, product_id), total, `after ${type} ${JSON.stringify(line)}`)
  }
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('what does not divide is rounded, and the last one takes the rest', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store, [0, 3])
  const [whole = 0, fine = 0] = products
  await moveValued(app, 'receipt', [{ product_id: whole, quantity: 1, unit_cost: '9.99' }])
  await moveValued(app, 'receipt', [{ product_id: whole, quantity: 2, unit_cost: '0.005' }])
  // 10.00 for three: 3.3333, then 6.6667 ÷ 2 = 3.33335, half up, and what is left
  for (const value of ['3.3333', '3.3334', '3.3333']) {
    t.same(valuesOf(await moveValued(app, 'issue', [{ product_id: whole, quantity: 1 }])), [value])
  }
  t.same(await costOf(app, whole), { quantity: 0, value: 0 })

  // 0.001 × 0.4999 = 0.0004999, 0.005 × 0.01 = 0.00005: half up to a ten-thousandth
  const small = [
    { product_id: fine, quantity: 0.001, unit_cost: '0.4999' },
    { product_id: fine, quantity: 0.005, unit_cost: '0.01' },
  ]
  t.same(valuesOf(await moveValued(app, 'receipt', small)), ['0.0005', '0.0001'])
  t.same(valuesOf(await moveValued(app, 'issue', [{ product_id: fine, quantity: 0.006 }])), ['0.0006'])
})

onEveryEngine('several lines of one product in one movement share its value in order', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const [product_id = 0] = products
  const lines = [
    { product_id, quantity: 1, unit_cost: '1.00' },
    { product_id, quantity: 2, unit_cost: '4.50' },
  ]
  t.same(valuesOf(await moveValued(app, 'receipt', lines)), ['1.00', '9.00'])
  const all = [1, 1, 1].map((quantity) => ({ product_id, quantity }))
  t.same(
    valuesOf(await moveValued(app, 'issue', all)),
    ['3.3333', '3.3334', '3.3333'],
    'together all that it was worth',
  )
  // What comes in by a correction comes in first, whatever the order of the lines.
  await moveValued(app, 'receipt', [{ product_id, quantity: 2, unit_cost: '5.00' }])
  const correction = [
    { product_id, quantity: -3 },
    { product_id, quantity: 1 },
  ]
  t.same(valuesOf(await moveValued(app, 'adjustment', correction)), ['15.00', '5.00'])
  t.same(await costOf(app, product_id), { quantity: 0, value: 0 })
})

onEveryEngine('nothing on hand is worth nothing, whatever comes back to it', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const [product_id = 0] = products
  t.same(valuesOf(await moveValued(app, 'receipt', [{ product_id, quantity: 3 }])), ['0.00'], 'there is no average yet')
  await moveValued(app, 'count', [{ product_id, quantity: 0 }])
  await moveValued(app, 'receipt', [{ product_id, quantity: 4, unit_cost: '2.50' }])
  const sold = (await moveValued(app, 'issue', [{ product_id, quantity: 4 }])).json()
  t.same(await costOf(app, product_id), { quantity: 0, value: 0 })
  // Everything was sold, and now comes back at what it left with.
  const back = await app.call('POST', `/movements/${sold.id}/reversal`)
  t.same(valuesOf(back), ['10.00'])
  t.same(await costOf(app, product_id), { quantity: 4000, value: 100_000 })
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('a reversal keeps the value it carried, as far as there is so much', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  const dear = (await moveValued(app, 'receipt', [{ product_id: a, quantity: 4, unit_cost: '10.00' }])).json()
  await moveValued(app, 'receipt', [{ product_id: a, quantity: 6, unit_cost: '1.00' }])
  // 46.00 for ten; the dear ones leave with their 40.00, not with 4 × 4.60
  t.same(valuesOf(await app.call('POST', `/movements/${dear.id}/reversal`)), ['40.00'])
  t.same(await costOf(app, a), { quantity: 6000, value: 60_000 })

  const first = (await moveValued(app, 'receipt', [{ product_id: b, quantity: 4, unit_cost: '10.00' }])).json()
  await moveValued(app, 'receipt', [{ product_id: b, quantity: 10, unit_cost: '1.00' }])
  // 50 × 8 ÷ 14 = 28.5714; six are left, worth 21.4286
  t.same(valuesOf(await moveValued(app, 'issue', [{ product_id: b, quantity: 8 }])), ['28.5714'])
  t.same(valuesOf(await app.call('POST', `/movements/${first.id}/reversal`)), ['21.4286'], 'never more than there is')
  t.same(await costOf(app, b), { quantity: 2000, value: 0 })
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('a stock is worth no more than can be kept exactly', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store, [0])
  const [product_id = 0] = products
  const most = { product_id, quantity: 9007, unit_cost: '99999999.9999' }
  t.same(valuesOf(await moveValued(app, 'receipt', [most])), ['900699999999.0993'])
  const over = await moveValued(app, 'receipt', [{ product_id, quantity: 1, unit_cost: '20000000.00' }])
  t.match(over.json(), { status: 422, errors: [{ pointer: '#/lines/0/quantity' }] })
  t.equal((await moveValued(app, 'receipt', [{ product_id, quantity: 1, unit_cost: '19000000.00' }])).statusCode, 201)
  t.equal(
    (await moveValued(app, 'receipt', [{ product_id, quantity: 1_000_000 }])).statusCode,
    422,
    'at the average too',
  )
  t.same(await costOf(app, product_id), { quantity: 9_008_000, value: 9_007_189_999_990_993 })
  t.same((await proofOf(app)).differences, [])
})
