import { buildTestApp, onEveryEngine } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { levelOf, move, proofOf } from '../../support/stock.ts'

onEveryEngine('every type of movement moves what it says', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 3])
  const [a = 0, kilo = 0] = products
  const [main = 0, second = 0] = locations

  const receipt = await move(app, 'receipt', [
    { product_id: a, quantity: 10, unit_cost: '4.50' },
    { product_id: kilo, quantity: 0.25 },
  ])
  t.equal(receipt.statusCode, 201, receipt.body)
  t.match(receipt.json(), {
    type: 'receipt',
    actor_username: 'supervisor',
    reversal_of: null,
    lines: [
      { line_number: 1, product_id: a, from_location_id: null, to_location_id: main, quantity: 10 },
      { line_number: 2, product_id: kilo, quantity: 0.25 },
    ],
    levels: [
      { product_id: a, location_id: main, quantity: 10, available: 10 },
      { product_id: kilo, quantity: 0.25 },
    ],
  })
  t.equal((await move(app, 'transfer', [{ product_id: a, quantity: 4, to_location_id: second }])).statusCode, 201)
  t.equal((await move(app, 'issue', [{ product_id: a, quantity: 1, location_id: second }])).statusCode, 201)
  t.equal((await move(app, 'adjustment', [{ product_id: a, quantity: -2 }])).statusCode, 201)
  const count = await move(app, 'count', [
    { product_id: a, quantity: 7 },
    { product_id: kilo, quantity: 0.25 },
  ])
  t.match(count.json().lines, [
    { quantity: 3, from_location_id: null, to_location_id: main },
    { quantity: 0, to_location_id: main },
  ])
  t.equal((await levelOf(app, a, main)).quantity, 7)
  t.equal((await levelOf(app, a, second)).quantity, 3)
  t.same((await proofOf(app)).differences, [])
  const values = (answer: { json(): { lines: { value: string | null }[] } }) =>
    answer.json().lines.map((line) => line.value)
  t.same(
    values(await app.call('GET', receipt.headers.location as string)),
    ['45.00', '0.00'],
    'an administrator sees values',
  )
  t.same(values(receipt), [null, null], 'a supervisor does not')
})

onEveryEngine('a movement is all or nothing, and the same product is summed over its lines', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  const [main = 0] = locations
  await move(app, 'receipt', [
    { product_id: a, quantity: 5 },
    { product_id: b, quantity: 1 },
  ])

  const both = await move(app, 'issue', [
    { product_id: a, quantity: 3 },
    { product_id: b, quantity: 1 },
    { product_id: a, quantity: 3 },
  ])
  t.equal(both.statusCode, 409)
  t.match(both.json(), {
    code: 'insufficient_stock',
    errors: [{ pointer: '#/lines/0/quantity' }, { pointer: '#/lines/2/quantity' }],
    shortages: [{ product_id: a, requested: 6, available: 5 }],
  })
  t.equal((await levelOf(app, b, main)).quantity, 1, 'nothing of it was written')
  t.equal(
    (
      await move(app, 'issue', [
        { product_id: a, quantity: 2 },
        { product_id: a, quantity: 3 },
      ])
    ).statusCode,
    201,
  )
  t.equal((await levelOf(app, a, main)).quantity, 0)

  await move(app, 'receipt', [{ product_id: a, quantity: 5 }])
  t.equal(
    (
      await move(app, 'adjustment', [
        { product_id: a, quantity: -8 },
        { product_id: a, quantity: 5 },
      ])
    ).statusCode,
    201,
  )
  t.equal((await levelOf(app, a, main)).quantity, 2)
  t.equal(
    (
      await move(app, 'adjustment', [
        { product_id: a, quantity: -8 },
        { product_id: a, quantity: 5 },
      ])
    ).statusCode,
    409,
  )
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('decimals are exact, and too many are an error', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [2, 1, 0])
  const [cents = 0, tenths = 0, whole = 0] = products
  const [main = 0] = locations
  await move(app, 'receipt', [{ product_id: cents, quantity: 7.01 }])
  for (const quantity of [1.28, 0.57, 0.34, 0.73, 1.61, 0.48, 0.42, 0.79, 0.79]) {
    t.equal((await move(app, 'issue', [{ product_id: cents, quantity }])).statusCode, 201)
  }
  t.equal((await levelOf(app, cents, main)).quantity, 0)
  for (let index = 0; index < 3; index += 1) await move(app, 'receipt', [{ product_id: tenths, quantity: 0.1 }])
  t.equal((await move(app, 'issue', [{ product_id: tenths, quantity: 0.3 }])).statusCode, 201)
  t.equal((await levelOf(app, tenths, main)).quantity, 0)
  for (const [product_id, quantity] of [
    [cents, 0.001],
    [tenths, 0.25],
    [whole, 0.5],
    [whole, 1e-7],
  ] as const) {
    const refused = await move(app, 'receipt', [{ product_id, quantity }])
    t.equal(refused.statusCode, 422)
    t.match(refused.json().errors, [{ pointer: '#/lines/0/quantity' }])
  }
})

onEveryEngine('what is wrong with a movement is said, and nothing is written', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [a = 0] = products
  const [main = 0, second = 0] = locations
  const line = { product_id: a, quantity: 1 }
  const cases: [string, object[], string][] = [
    ['receipt', [{ ...line, quantity: 0 }], '#/lines/0/quantity'],
    ['receipt', [{ ...line, quantity: -1 }], '#/lines/0/quantity'],
    ['adjustment', [{ ...line, quantity: 0 }], '#/lines/0/quantity'],
    ['count', [{ ...line, quantity: -1 }], '#/lines/0/quantity'],
    ['count', [line, line], '#/lines/1/product_id'],
    ['receipt', [{ ...line, product_id: 999_999 }], '#/lines/0/product_id'],
    ['receipt', [{ ...line, location_id: 999_999 }], '#/lines/0/location_id'],
    ['transfer', [line], '#/lines/0/to_location_id'],
    ['transfer', [{ ...line, to_location_id: main }], '#/lines/0/to_location_id'],
    ['receipt', [{ ...line, to_location_id: second }], '#/lines/0/to_location_id'],
    ['issue', [{ ...line, unit_cost: '1.00' }], '#/lines/0/unit_cost'],
    ['receipt', [{ ...line, unit_cost: 1 }], '#/lines/0/unit_cost'],
    ['receipt', [{ ...line, unit_cost: '1.00001' }], '#/lines/0/unit_cost'],
    ['receipt', [{ ...line, quantity: '1' }], '#/lines/0/quantity'],
    ['receipt', [{ ...line, quantity: 1_000_000_001 }], '#/lines/0/quantity'],
    ['receipt', [{ ...line, quantitty: 1 }], '#/lines/0/quantitty'],
    ['receipt', [], '#/lines'],
    ['theft', [line], '#/type'],
  ]
  for (const [type, lines, pointer] of cases) {
    const answer = await move(app, type, lines)
    t.equal(answer.statusCode, 422, `${type} ${JSON.stringify(lines)}: ${answer.body}`)
    t.ok(
      answer.json().errors.some((error: { pointer: string }) => error.pointer === pointer),
      `${pointer} in ${answer.body}`,
    )
  }
  t.equal((await move(app, 'receipt', [line], { effective_at: '2999-01-01T00:00:00Z' })).statusCode, 422)
  t.equal(
    (await app.call('POST', '/movements', { as: 'user', body: { type: 'receipt', lines: [line] } })).statusCode,
    403,
  )
  t.equal((await app.call('GET', '/movements')).json().data.length, 0)
})

onEveryEngine('limits hold for sums too', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store, [0, 0])
  const [a = 0, b = 0] = products
  t.equal((await move(app, 'receipt', [{ product_id: a, quantity: 1_000_000_000 }])).statusCode, 201)
  t.equal((await move(app, 'receipt', [{ product_id: a, quantity: 1 }])).statusCode, 422)
  const costly = { product_id: b, quantity: 1_000_000_000, unit_cost: '99999999.9999' }
  t.match((await move(app, 'receipt', [costly])).json(), { status: 422, errors: [{ pointer: '#/lines/0/unit_cost' }] })
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('expected_quantity compares and sets', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const [a = 0] = products
  await move(app, 'receipt', [{ product_id: a, quantity: 5 }])
  const stale = await move(app, 'count', [{ product_id: a, quantity: 9, expected_quantity: 4 }])
  t.match(stale.json(), { status: 409, code: 'stock_changed', errors: [{ pointer: '#/lines/0/expected_quantity' }] })
  t.equal((await move(app, 'count', [{ product_id: a, quantity: 9, expected_quantity: 5 }])).statusCode, 201)
  const racers = await Promise.all(
    [1, 2, 3].map((quantity) => move(app, 'adjustment', [{ product_id: a, quantity, expected_quantity: 9 }])),
  )
  t.same(racers.map((answer) => answer.statusCode).sort(), [201, 409, 409])
})

onEveryEngine('a level is never beyond its limit, not even between two lines', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0], 2)
  const [a = 0] = products
  const [main = 0, second = 0, third = 0] = locations
  await move(app, 'receipt', [{ product_id: a, quantity: 1_000_000_000 }])
  await move(app, 'receipt', [{ product_id: a, quantity: 5, location_id: second }])
  const swap = [
    { product_id: a, quantity: 5, location_id: second, to_location_id: main },
    { product_id: a, quantity: 5, location_id: main, to_location_id: third },
  ]
  t.match((await move(app, 'transfer', swap)).json(), { status: 422, errors: [{ pointer: '#/lines/0/quantity' }] })
  t.equal((await move(app, 'transfer', swap.toReversed())).statusCode, 422, 'whatever the order of the lines')
  const correction = [
    { product_id: a, quantity: -5 },
    { product_id: a, quantity: 5 },
  ]
  t.equal((await move(app, 'adjustment', correction)).statusCode, 422)
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('a movement that names no location finds the default, also while it changes hands', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [a = 0] = products
  const [main = 0, second = 0] = locations
  const held = Promise.withResolvers<void>()
  const waiting = held.promise.then(() => move(app, 'receipt', [{ product_id: a, quantity: 1 }]))
  await app.store.write(async (trx) => {
    if (engine === 'postgresql')
      await trx.selectFrom('locations').select('id').where('id', '=', main).forUpdate().execute()
    held.resolve()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await trx.updateTable('locations').set({ is_default: false }).where('id', '=', main).execute()
    await trx.updateTable('locations').set({ is_default: true }).where('id', '=', second).execute()
  })
  const answer = await waiting
  t.equal(answer.statusCode, 201, answer.body)
  t.equal((await levelOf(app, a, second)).quantity, 1)
})
