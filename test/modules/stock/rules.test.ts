import { test } from 'tap'
import { planMovement, planReversal } from '../../../src/modules/stock/movements/rules.ts'
import type { MovementType, NewMovementLine } from '../../../src/modules/stock/movements/schemas.ts'
import type { PlannedLine, ProductState } from '../../../src/modules/stock/movements/state-rules.ts'
import { refusal } from '../../support/refusal.ts'
import { CLOSED, FLOUR, MAIN, RETIRED, SCREWS, SHOP, stockState } from '../../support/stock-state.ts'

const STOCKED = stockState([
  { product_id: SCREWS, quantity: 10_000 },
  { product_id: SCREWS, quantity: 4000, location_id: SHOP },
  { product_id: FLOUR, quantity: 2500 },
])

const plan = (type: MovementType, ...lines: NewMovementLine[]) => planMovement({ type, lines }, STOCKED)
const fieldOf = (type: MovementType, ...lines: NewMovementLine[]) => {
  const { slug, errors } = refusal(() => plan(type, ...lines))
  if (slug !== 'validation-failed') throw new Error(slug)
  return errors
}

/** Where the lines lead: from, to, thousandths. */
const ways = (lines: PlannedLine[]) => lines.map((line) => [line.from_location_id, line.to_location_id, line.quantity])

test('each type leads where it says, in thousandths', async (t) => {
  const line = { product_id: SCREWS, quantity: 3 }
  t.same(ways(plan('receipt', line)), [[null, MAIN, 3000]], 'into the default location')
  t.same(ways(plan('receipt', { ...line, location_id: SHOP })), [[null, SHOP, 3000]])
  t.same(ways(plan('issue', line)), [[MAIN, null, 3000]])
  t.same(ways(plan('issue', { ...line, location_id: SHOP })), [[SHOP, null, 3000]])
  t.same(ways(plan('adjustment', line)), [[null, MAIN, 3000]])
  t.same(ways(plan('adjustment', { ...line, quantity: -3 })), [[MAIN, null, 3000]])
  t.same(ways(plan('transfer', { ...line, to_location_id: SHOP })), [[MAIN, SHOP, 3000]])
  t.same(ways(plan('receipt', { product_id: FLOUR, quantity: 0.125 })), [[null, MAIN, 125]])
})

test('a count leads to what was counted, from either side and from nothing', async (t) => {
  t.same(ways(plan('count', { product_id: SCREWS, quantity: 12 })), [[null, MAIN, 2000]])
  t.same(ways(plan('count', { product_id: SCREWS, quantity: 7 })), [[MAIN, null, 3000]])
  t.same(ways(plan('count', { product_id: SCREWS, quantity: 10 })), [[null, MAIN, 0]], 'as was thought')
  t.same(ways(plan('count', { product_id: SCREWS, quantity: 0 })), [[MAIN, null, 10_000]])
  t.same(ways(plan('count', { product_id: FLOUR, quantity: 1, location_id: SHOP })), [[null, SHOP, 1000]])
})

test('what comes in is applied before what goes out, and each line knows its place in the request', async (t) => {
  const lines = plan(
    'adjustment',
    { product_id: SCREWS, quantity: -1 },
    { product_id: FLOUR, quantity: 2 },
    { product_id: FLOUR, quantity: -0.5 },
  )
  t.same(
    lines.map((line) => [line.line_number, line.product.id, line.quantity]),
    [
      [2, FLOUR, 2000],
      [1, SCREWS, 1000],
      [3, FLOUR, 500],
    ],
  )
})

test('a quantity must be one that its type can have', async (t) => {
  const pointer = '#/lines/0/quantity'
  for (const type of ['receipt', 'issue', 'transfer'] as const) {
    for (const quantity of [0, -1]) {
      const line = { product_id: SCREWS, quantity, ...(type === 'transfer' ? { to_location_id: SHOP } : {}) }
      t.same(fieldOf(type, line), [{ pointer, detail: 'must be more than 0' }], `${type} ${quantity}`)
    }
  }
  t.same(fieldOf('adjustment', { product_id: SCREWS, quantity: 0 }), [{ pointer, detail: 'must not be 0' }])
  t.match(fieldOf('count', { product_id: SCREWS, quantity: -1 }), [{ pointer, detail: /^must be 0 or more/ }])
  t.match(fieldOf('issue', { product_id: SCREWS, quantity: 0.5 }), [{ pointer, detail: /whole units/ }])
})

test('fields that belong to another type are refused, by the line they stand in', async (t) => {
  const good = { product_id: SCREWS, quantity: 1 }
  const field = (name: string, detail: string) => [{ pointer: `#/lines/1/${name}`, detail }]
  const transfer = { ...good, to_location_id: SHOP }
  t.same(fieldOf('transfer', transfer, good), field('to_location_id', 'is required for a transfer'))
  t.same(
    fieldOf('transfer', transfer, { ...good, to_location_id: MAIN }),
    field('to_location_id', 'must be another location than the one it leaves'),
  )
  for (const type of ['receipt', 'issue', 'adjustment', 'count'] as const) {
    t.same(fieldOf(type, good, transfer), field('to_location_id', 'is only for a transfer'), type)
  }
  for (const type of ['issue', 'adjustment', 'count'] as const) {
    t.same(fieldOf(type, good, { ...good, unit_cost: '1' }), field('unit_cost', 'is only for a receipt'), type)
  }
})

test('products and locations must be there, and in use', async (t) => {
  const pointer = '#/lines/0'
  const line = { product_id: SCREWS, quantity: 1 }
  t.same(fieldOf('receipt', { ...line, product_id: 99 }), [
    { pointer: `${pointer}/product_id`, detail: 'there is no product 99' },
  ])
  t.same(fieldOf('receipt', { ...line, location_id: 99 }), [
    { pointer: `${pointer}/location_id`, detail: 'there is no location 99' },
  ])
  t.same(fieldOf('transfer', { ...line, to_location_id: 99 }), [
    { pointer: `${pointer}/to_location_id`, detail: 'there is no location 99' },
  ])
  const retired = refusal(() => plan('receipt', { ...line, product_id: RETIRED }))
  t.match(retired, { slug: 'archived', message: /RETIRED/, members: { product_id: RETIRED } })
  const closed = refusal(() => plan('receipt', { ...line, location_id: CLOSED }))
  t.match(closed, { slug: 'archived', message: /CLOSED/ })
  t.same(closed.errors, [{ pointer: `${pointer}/location_id`, detail: 'is archived' }])
  const to = refusal(() => plan('transfer', { ...line, to_location_id: CLOSED }))
  t.same(to.errors, [{ pointer: `${pointer}/to_location_id`, detail: 'is archived' }])
  const homeless = { ...STOCKED, locations: new Map([...STOCKED.locations].filter(([id]) => id !== MAIN)) }
  t.match(refusal(() => planMovement({ type: 'receipt', lines: [line] }, homeless)).errors, [
    { pointer: `${pointer}/location_id`, detail: /^is required/ },
  ])
})

test('a product is counted once at each location', async (t) => {
  const line = { product_id: SCREWS, quantity: 1 }
  t.match(fieldOf('count', line, { ...line, location_id: SHOP }, { ...line, location_id: MAIN, quantity: 12 }), [
    { pointer: '#/lines/2/product_id', detail: /another line/ },
  ])
  t.equal(plan('count', line, { ...line, location_id: SHOP }, { ...line, product_id: FLOUR }).length, 3)
  t.equal(plan('receipt', line, line).length, 2, 'other types may name it twice')
})

test('every level that is not what was expected is named', async (t) => {
  const line = { product_id: SCREWS, quantity: 1 }
  const problem = refusal(() =>
    plan(
      'issue',
      { ...line, expected_quantity: 9 },
      line,
      { ...line, location_id: SHOP, expected_quantity: 4 },
      { product_id: FLOUR, quantity: 1, expected_quantity: 2.499 },
    ),
  )
  t.match(problem, { slug: 'stock-changed', message: /nothing was written/ })
  t.same(problem.errors, [
    { pointer: '#/lines/0/expected_quantity', detail: 'the level is 10' },
    { pointer: '#/lines/3/expected_quantity', detail: 'the level is 2.5' },
  ])
  t.equal(plan('issue', { ...line, expected_quantity: 10 }).length, 1)
  t.equal(plan('receipt', { product_id: FLOUR, quantity: 1, location_id: SHOP, expected_quantity: 0 }).length, 1)
  t.match(fieldOf('issue', { ...line, expected_quantity: 0.5 }), [{ pointer: '#/lines/0/expected_quantity' }])
})

test('a receipt is worth its cost, which must be one that can be kept', async (t) => {
  const [line] = plan('receipt', { product_id: FLOUR, quantity: 1.5, unit_cost: '2.5001' })
  t.equal(line?.value, 37_502, '3.75015 is rounded half up')
  t.match(fieldOf('receipt', { product_id: FLOUR, quantity: 1_000_000, unit_cost: '99999999.9999' }), [
    { pointer: '#/lines/0/unit_cost', detail: /900719925474\.0991/ },
  ])
})

const planned = (from: number | null, to: number | null, more: Partial<PlannedLine> = {}): PlannedLine => ({
  product: STOCKED.products.get(SCREWS) as ProductState,
  from_location_id: from,
  to_location_id: to,
  quantity: 2000,
  value: 0,
  line_number: 1,
  ...more,
})

test('a reversal leads every line back', async (t) => {
  const lines = [planned(null, MAIN), planned(MAIN, null, { line_number: 2 }), planned(MAIN, SHOP, { line_number: 3 })]
  t.same(ways(planReversal('adjustment', lines, STOCKED)), [
    [null, MAIN, 2000],
    [MAIN, null, 2000],
    [SHOP, MAIN, 2000],
  ])
})

test('a reversal touches nothing that is archived, and says which', async (t) => {
  for (const line of [planned(null, CLOSED), planned(CLOSED, null), planned(MAIN, CLOSED)]) {
    const problem = refusal(() => planReversal('adjustment', [line], STOCKED))
    t.match(problem, { slug: 'archived', message: /CLOSED/ })
  }
  const retired = planned(null, MAIN, { product: STOCKED.products.get(RETIRED) as ProductState })
  t.match(
    refusal(() => planReversal('adjustment', [retired], STOCKED)),
    { slug: 'archived', message: /RETIRED/ },
  )
})

test('a reversal takes only what is there, and names the whole body where there are no lines', async (t) => {
  const short = refusal(() => planReversal('issue', [planned(null, MAIN, { quantity: 10_001 })], STOCKED))
  t.equal(short.slug, 'insufficient-stock')
  t.equal(short.errors, undefined)
  const full = refusal(() => planReversal('issue', [planned(MAIN, null, { quantity: 1_000_000_000_000 })], STOCKED))
  t.match(full.errors, [{ pointer: '#' }])
})
