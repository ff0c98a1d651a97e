import { test } from 'tap'
import type { MovementType } from '../../../src/modules/stock/movements/schemas.ts'
import { settle } from '../../../src/modules/stock/movements/settlement-rules.ts'
import type { Flow, ProductState, StockState } from '../../../src/modules/stock/movements/state-rules.ts'
import { MAX_VALUE } from '../../../src/values/money.ts'
import { MAX_THOUSANDTHS } from '../../../src/values/quantity.ts'
import { refusal } from '../../support/refusal.ts'
import { FLOUR, MAIN, SCREWS, SHOP, stockState } from '../../support/stock-state.ts'

/** A flow of thousandths from one place to another; null is outside. */
const flow = (state: StockState, id: number, from: number | null, to: number | null, quantity: number): Flow => ({
  product: state.products.get(id) as ProductState,
  from_location_id: from,
  to_location_id: to,
  quantity,
  value: undefined,
  line_number: 1,
  pointer: '#/lines/0',
})

/** Ten screws at MAIN, four of them promised, and two at SHOP; worth 1.20 altogether. */
const SHELF = stockState(
  [
    { product_id: SCREWS, quantity: 10_000, reserved: 4000 },
    { product_id: SCREWS, quantity: 2000, location_id: SHOP },
  ],
  { [SCREWS]: 12_000 },
)
const screws = (from: number | null, to: number | null, quantity: number, more: Partial<Flow> = {}): Flow => ({
  ...flow(SHELF, SCREWS, from, to, quantity),
  ...more,
})
const passes = (type: MovementType, ...flows: Flow[]) => settle(type, flows, SHELF).length
const shortOf = (type: MovementType, ...flows: Flow[]) => {
  const problem = refusal(() => settle(type, flows, SHELF))
  if (problem.slug !== 'insufficient-stock') throw problem
  return problem
}

test('issues and transfers take what is available, and not a thousandth more', async (t) => {
  t.equal(passes('issue', screws(MAIN, null, 6000)), 1)
  t.equal(passes('transfer', screws(MAIN, SHOP, 6000)), 1)
  t.equal(passes('receipt', screws(null, MAIN, 6001)), 1)
  const problem = shortOf('issue', screws(MAIN, null, 6001))
  t.same(problem.members, {
    shortages: [{ product_id: SCREWS, sku: 'SCREWS', location_id: MAIN, requested: 6.001, available: 6 }],
  })
  t.same(problem.errors, [{ pointer: '#/lines/0/quantity', detail: 'only 6 available' }])
  t.equal(problem.message, 'Only 6 of SCREWS are available at MAIN, 6.001 were asked for. Nothing was written.')
  t.match(shortOf('transfer', screws(SHOP, MAIN, 2001)).message, /Only 2 of SCREWS are available at SHOP, 2\.001/)
})

test('a place that is not known by its code is named by its id', async (t) => {
  t.match(shortOf('issue', screws(77, null, 1000)).message, /Only 0 of SCREWS are available at 77, 1 were/)
})

test('a correction takes what was promised, down to nothing', async (t) => {
  for (const type of ['adjustment', 'count'] as const) {
    t.equal(passes(type, screws(MAIN, null, 10_000)), 1, type)
    const { members } = shortOf(type, screws(MAIN, null, 10_001))
    t.match(members, { shortages: [{ requested: 10.001, available: 10 }] }, type)
  }
})

test('what a correction brings in, it may take again; what a transfer brings, it may not', async (t) => {
  t.equal(passes('adjustment', screws(MAIN, null, 11_000), screws(null, MAIN, 1000)), 2)
  const { members } = shortOf('adjustment', screws(MAIN, null, 11_001), screws(null, MAIN, 1000))
  t.match(members, { shortages: [{ requested: 10.001, available: 10 }] }, 'what it is short of on balance')
  const chain = shortOf('transfer', screws(MAIN, SHOP, 5000), screws(SHOP, null, 2001))
  t.match(chain.members, { shortages: [{ location_id: SHOP, requested: 2.001, available: 2 }] })
})

test('lines of one product at one place are summed, and every line that is short is named', async (t) => {
  const problem = shortOf(
    'issue',
    screws(MAIN, null, 3000, { pointer: '#/lines/0' }),
    screws(SHOP, null, 2000, { pointer: '#/lines/1' }),
    screws(MAIN, null, 3001, { pointer: '#/lines/2' }),
    { ...flow(SHELF, FLOUR, MAIN, null, 1), pointer: '#/lines/3' },
  )
  t.same(
    problem.errors?.map(({ pointer, detail }) => [pointer, detail]),
    [
      ['#/lines/0/quantity', 'only 6 available'],
      ['#/lines/2/quantity', 'only 6 available'],
      ['#/lines/3/quantity', 'only 0 available'],
    ],
  )
  t.match(problem.members, { shortages: [{ product_id: SCREWS, requested: 6.001 }, { product_id: FLOUR }] })
})

test('a level holds no more than is kept, not even while the movement is under way', async (t) => {
  const room = MAX_THOUSANDTHS - 10_000
  t.equal(passes('receipt', screws(null, MAIN, room)), 1)
  for (const type of ['receipt', 'adjustment'] as const) {
    const flows = [screws(null, MAIN, room + 1), screws(MAIN, null, 1000)]
    const { slug, errors } = refusal(() => settle(type, flows, SHELF))
    t.equal(slug, 'validation-failed')
    t.match(errors, [{ pointer: '#/lines/0/quantity', detail: /1000000000/ }])
  }
})

const valuesOf = (...flows: Flow[]) => settle('adjustment', flows, SHELF).map(({ value }) => value)

test('what leaves takes its share of the value, the last of it all that is left', async (t) => {
  t.same(valuesOf(screws(MAIN, null, 3000)), [3000])
  t.same(valuesOf(screws(MAIN, null, 5), screws(MAIN, null, 5)), [5, 5])
  t.same(valuesOf(screws(MAIN, null, 10_000), screws(SHOP, null, 2000)), [10_000, 2000])
  const odd = stockState([{ product_id: SCREWS, quantity: 3000 }], { [SCREWS]: 100 })
  const thirds = [1, 2, 3].map(() => flow(odd, SCREWS, MAIN, null, 1000))
  t.same(
    settle('issue', thirds, odd).map(({ value }) => value),
    [33, 34, 33],
    'together exactly what it was worth',
  )
})

test('what comes in brings its value, or the average when none is given', async (t) => {
  t.same(valuesOf(screws(null, MAIN, 1000, { value: 7000 })), [7000])
  t.same(valuesOf(screws(null, MAIN, 1000)), [1000])
  t.same(valuesOf(screws(null, MAIN, 0, { value: 7000 })), [0], 'nothing is worth nothing')
  t.same(
    valuesOf(screws(MAIN, null, 7000), screws(null, SHOP, 2000, { value: 16_000 })),
    [16_000, 14_000],
    'the average is 2 by then',
  )
  const empty = stockState()
  t.equal(settle('receipt', [flow(empty, FLOUR, null, MAIN, 1000)], empty)[0]?.value, 0)
})

test('a transfer carries its share and leaves the average as it was', async (t) => {
  const lines = settle('transfer', [screws(MAIN, SHOP, 4000), screws(SHOP, MAIN, 2000)], SHELF)
  t.same(
    lines.map(({ value }) => value),
    [4000, 2000],
  )
  t.same(settle('transfer', [screws(MAIN, SHOP, 4000, { value: 1 })], SHELF)[0]?.value, 4000)
})

test('a value brought along is kept as far as there is one', async (t) => {
  t.same(valuesOf(screws(MAIN, null, 1000, { value: 500 })), [500])
  t.same(valuesOf(screws(MAIN, null, 1000, { value: 20_000 })), [12_000], 'no more than all')
  const one = stockState([{ product_id: FLOUR, quantity: 1000 }], { [FLOUR]: 900 })
  t.equal(
    settle('issue', [{ ...flow(one, FLOUR, MAIN, null, 1000), value: 500 }], one)[0]?.value,
    900,
    'nothing is left at zero',
  )
})

test('products are valued each by itself', async (t) => {
  const two = stockState(
    [
      { product_id: SCREWS, quantity: 1000 },
      { product_id: FLOUR, quantity: 2000 },
    ],
    { [SCREWS]: 100, [FLOUR]: 600 },
  )
  const lines = settle('issue', [flow(two, SCREWS, MAIN, null, 500), flow(two, FLOUR, MAIN, null, 500)], two)
  t.same(
    lines.map(({ value }) => value),
    [50, 150],
  )
})

test('a stock is worth no more than can be kept exactly', async (t) => {
  t.same(valuesOf(screws(null, MAIN, 1000, { value: MAX_VALUE - 12_000 })), [MAX_VALUE - 12_000])
  const { slug, errors } = refusal(() => valuesOf(screws(null, MAIN, 1000, { value: MAX_VALUE - 11_999 })))
  t.equal(slug, 'validation-failed')
  t.match(errors, [{ pointer: '#/lines/0/quantity', detail: /900719925474\.0991/ }])
})
