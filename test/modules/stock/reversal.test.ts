import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { costOf, levelOf, move, proofOf, tally } from '../../support/stock.ts'

const reverse = (app: TestApp, id: number, body?: object) =>
  app.call('POST', `/movements/${id}/reversal`, { as: 'supervisor', body })

onEveryEngine('a reversal goes the other way, and both are linked', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store, [0, 2])
  const [a = 0, b = 0] = products
  const [main = 0, second = 0] = locations
  const lines = [
    { product_id: a, quantity: 8, unit_cost: '2.50' },
    { product_id: b, quantity: 0.75, location_id: second },
  ]
  const receipt = (await move(app, 'receipt', lines, { reference: 'ALB-1' })).json()

  const answer = await reverse(app, receipt.id, { reason: 'Error de registro', note: 'Era otra caja' })
  t.equal(answer.statusCode, 201, answer.body)
  const reversal = answer.json()
  t.match(reversal, {
    type: 'receipt',
    reason: 'Error de registro',
    reference: 'ALB-1',
    reversal_of: receipt.id,
    reversed_by: null,
    lines: [
      { line_number: 1, product_id: a, from_location_id: main, to_location_id: null, quantity: 8 },
      { line_number: 2, product_id: b, from_location_id: second, to_location_id: null, quantity: 0.75 },
    ],
    levels: [{ quantity: 0, status: 'out' }, { quantity: 0 }],
  })
  t.equal(answer.headers.location, `/api/v1/movements/${reversal.id}`)
  t.equal((await app.call('GET', `/movements/${receipt.id}`)).json().reversed_by, reversal.id)
  t.same(await costOf(app, a), { quantity: 0, value: 0 })
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('every type can be taken back, and leaves what was there before', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [a = 0] = products
  const [main = 0, second = 0] = locations
  await move(app, 'receipt', [{ product_id: a, quantity: 10, unit_cost: '3.00' }])
  const cases: [string, object[]][] = [
    ['issue', [{ product_id: a, quantity: 4 }]],
    ['transfer', [{ product_id: a, quantity: 4, to_location_id: second }]],
    ['adjustment', [{ product_id: a, quantity: -3 }]],
    ['adjustment', [{ product_id: a, quantity: 3 }]],
    ['count', [{ product_id: a, quantity: 2 }]],
    ['count', [{ product_id: a, quantity: 10 }]],
    ['receipt', [{ product_id: a, quantity: 1 }]],
  ]
  for (const [type, lines] of cases) {
    const { id } = (await move(app, type, lines)).json()
    t.equal((await reverse(app, id)).statusCode, 201, type)
    t.equal((await levelOf(app, a, main)).quantity, 10, type)
    t.same(await costOf(app, a), { quantity: 10_000, value: 300_000 }, type)
  }
  t.equal((await levelOf(app, a, second)).quantity, 0)
  t.same((await proofOf(app)).differences, [])
})

onEveryEngine('a movement is taken back once, also by many at once', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const [a = 0] = products
  const receipt = (await move(app, 'receipt', [{ product_id: a, quantity: 5 }])).json()
  await move(app, 'receipt', [{ product_id: a, quantity: 100 }])
  const answers = await Promise.all(Array.from({ length: 12 }, () => reverse(app, receipt.id)))
  t.same(tally(answers.map((answer) => answer.statusCode)), { 201: 1, 409: 11 })
  const reversal = answers.find((answer) => answer.statusCode === 201)?.json()
  for (const refused of answers.filter((answer) => answer.statusCode === 409)) {
    t.match(refused.json(), { code: 'already_reversed', reversed_by: reversal.id })
  }
  t.match((await reverse(app, reversal.id)).json(), { status: 409, code: 'already_reversed' })
  t.equal((await costOf(app, a)).quantity, 100_000)
  t.equal((await reverse(app, 999_999)).statusCode, 404)
  t.equal((await reverse(app, receipt.id, { quantity: 1 })).statusCode, 422, 'a part cannot be taken back')
})

onEveryEngine('what is gone cannot be taken back', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products, locations } = await seedShop(app.store)
  const [a = 0] = products
  const [main = 0, second = 0] = locations
  const receipt = (await move(app, 'receipt', [{ product_id: a, quantity: 5 }])).json()
  await move(app, 'issue', [{ product_id: a, quantity: 3 }])
  const refused = await reverse(app, receipt.id)
  t.match(refused.json(), {
    status: 409,
    code: 'insufficient_stock',
    shortages: [{ product_id: a, location_id: main, requested: 5, available: 2 }],
  })
  t.notOk(refused.json().errors, 'the request has no lines that errors could point to')

  const moved = (await move(app, 'transfer', [{ product_id: a, quantity: 2, to_location_id: second }])).json()
  await move(app, 'transfer', [{ product_id: a, quantity: 2, location_id: second, to_location_id: main }])
  await app.call('POST', `/locations/${second}/archive`)
  t.match((await reverse(app, moved.id)).json(), { status: 409, code: 'archived' })
  t.equal((await levelOf(app, a, main)).quantity, 2, 'nothing was written')
})

onEveryEngine('a reversal that would fill a level beyond its limit is refused', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { products } = await seedShop(app.store)
  const [a = 0] = products
  await move(app, 'receipt', [{ product_id: a, quantity: 10 }])
  const issue = (await move(app, 'issue', [{ product_id: a, quantity: 10 }])).json()
  await move(app, 'receipt', [{ product_id: a, quantity: 1_000_000_000 }])
  t.match((await reverse(app, issue.id)).json(), { status: 422, errors: [{ pointer: '#' }] })
})
