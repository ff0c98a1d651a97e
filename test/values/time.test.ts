import { test } from 'tap'
import { now, secondsFrom, toInstant } from '../../src/values/time.ts'

test('an instant of any offset is kept in UTC with milliseconds', async (t) => {
  t.equal(toInstant('2026-02-28T23:30:00-05:30'), '2026-03-01T05:00:00.000Z')
  t.equal(toInstant('2026-03-01T05:00:00.1Z'), '2026-03-01T05:00:00.100Z')
  t.match(now(), /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  t.ok(Math.abs(Date.parse(now()) - Date.now()) < 60_000)
})

test('seconds are counted on and back', async (t) => {
  t.equal(secondsFrom('2026-12-31T23:59:59.500Z', 1), '2027-01-01T00:00:00.500Z')
  t.equal(secondsFrom('2027-01-01T00:00:00.500Z', -1), '2026-12-31T23:59:59.500Z')
  t.equal(secondsFrom('2026-01-01T00:00:00.000Z', 86_400), '2026-01-02T00:00:00.000Z')
})
