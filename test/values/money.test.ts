import { test } from 'tap'
import { fromAmount, MAX_AMOUNT, MAX_VALUE, shareOf, toAmount, valueAt } from '../../src/values/money.ts'

/** Text on the wire, as it is written back, and ten-thousandths. */
const AMOUNTS: [text: string, written: string, amount: number][] = [
  ['0', '0.00', 0],
  ['5', '5.00', 50_000],
  ['5.0', '5.00', 50_000],
  ['19.99', '19.99', 199_900],
  ['0.1', '0.10', 1000],
  ['0.01', '0.01', 100],
  ['0.001', '0.001', 10],
  ['0.0001', '0.0001', 1],
  ['0.0012', '0.0012', 12],
  ['0.1250', '0.125', 1250],
  ['1.2345', '1.2345', 12_345],
  ['100', '100.00', 1_000_000],
  ['99999999.9999', '99999999.9999', MAX_AMOUNT],
  ['-0.5', '-0.50', -5000],
  ['-19.9999', '-19.9999', -199_999],
]

test('amounts are read and written exactly, with two decimals or those that count', async (t) => {
  for (const [text, written, amount] of AMOUNTS) {
    t.equal(toAmount(text), amount, text)
    t.equal(fromAmount(amount), written, text)
  }
  t.ok(Object.is(toAmount('-0.00'), 0), 'no negative zero')
  t.equal(toAmount('900719925474.0991'), MAX_VALUE)
  t.equal(fromAmount(MAX_VALUE), '900719925474.0991')
})

test('a value is rounded half up to a ten-thousandth', async (t) => {
  t.equal(valueAt(1000, 199_900), 199_900, 'one unit')
  t.equal(valueAt(2500, 199_900), 499_750)
  t.equal(valueAt(499, 1), 0)
  t.equal(valueAt(500, 1), 1)
  t.equal(valueAt(1499, 1), 1)
  t.equal(valueAt(1500, 1), 2)
  t.equal(valueAt(0, 199_900), 0)
})

test('a value that cannot be kept exactly is none', async (t) => {
  t.equal(valueAt(1000, MAX_VALUE), MAX_VALUE)
  t.equal(valueAt(1000, MAX_VALUE + 1), undefined)
  t.equal(valueAt(1_000_000_000_000, MAX_AMOUNT), undefined)
})

test('a share is rounded half up, and all of the quantity takes all of the value', async (t) => {
  t.equal(shareOf(100, 1, 3), 33)
  t.equal(shareOf(200, 1, 3), 67)
  t.equal(shareOf(1, 1, 2), 1)
  t.equal(shareOf(1, 1, 3), 0)
  t.equal(shareOf(100, 3, 3), 100)
  t.equal(shareOf(100, 0, 3), 0)
  t.equal(shareOf(0, 0, 0), 0, 'nothing has no value to share')
  t.equal(shareOf(MAX_VALUE, 999_999_999_999, 1_000_000_000_000), 9_007_199_254_731_984, 'beyond what a float holds')
})
