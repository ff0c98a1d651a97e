import { test } from 'tap'
import { exactly, fromThousandths, MAX_THOUSANDTHS, MAX_UNITS, toThousandths } from '../../src/values/quantity.ts'
import { refusal } from '../support/refusal.ts'

test('a quantity is read exactly, with as many decimals as are countable', async (t) => {
  const cases: [quantity: number, decimals: number, thousandths: number | undefined][] = [
    [5, 0, 5000],
    [0, 0, 0],
    [0.25, 2, 250],
    [0.25, 1, undefined],
    [0.5, 0, undefined],
    [1.5, 3, 1500],
    [12.345, 3, 12_345],
    [12.3456, 3, undefined],
    [-0.001, 3, -1],
    [-7, 0, -7000],
    [0.1 + 0.2, 3, undefined],
    [MAX_UNITS, 0, MAX_THOUSANDTHS],
    [-MAX_UNITS, 0, -MAX_THOUSANDTHS],
    [MAX_UNITS + 0.001, 3, undefined],
    [MAX_UNITS + 1, 0, undefined],
    // Numbers that JavaScript writes with an exponent, and none at all.
    [1e-7, 3, undefined],
    [1.5e-7, 3, undefined],
    [1e21, 3, undefined],
    [Number.NaN, 3, undefined],
    [Number.POSITIVE_INFINITY, 3, undefined],
  ]
  for (const [quantity, decimals, thousandths] of cases) {
    t.equal(toThousandths(quantity, decimals), thousandths, `${quantity} with ${decimals} decimals`)
    if (thousandths !== undefined) t.equal(fromThousandths(thousandths), quantity, 'and written back')
  }
  t.ok(Object.is(toThousandths(-0, 0), 0), 'no negative zero')
})

test('a quantity that is not countable is refused in words that tell the way out', async (t) => {
  const pointer = '#/lines/2/quantity'
  const faults = (quantity: number, decimals: number) =>
    refusal(() => exactly(quantity, { sku: 'P-1', decimals }, pointer)).errors
  t.equal(exactly(0.25, { sku: 'P-1', decimals: 2 }, pointer), 250)
  t.equal(exactly(MAX_UNITS, { sku: 'P-1', decimals: 0 }, pointer), MAX_THOUSANDTHS)
  t.same(faults(0.5, 0), [{ pointer, detail: 'must have whole units: so P-1 is counted' }])
  t.same(faults(0.255, 2), [{ pointer, detail: 'must have at most 2 decimals: so P-1 is counted' }])
  for (const quantity of [MAX_UNITS + 1, -MAX_UNITS - 1]) {
    t.same(faults(quantity, 0), [{ pointer, detail: 'must not be beyond 1000000000' }])
  }
  t.match(faults(1e-7, 3), [{ detail: /at most 3 decimals/ }])
})
