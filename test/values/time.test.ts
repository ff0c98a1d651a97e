import { test } from 'tap'
import { instantParameter, now, secondsFrom, toInstant } from '../../src/values/time.ts'
import { refusal } from '../support/refusal.ts'

test('an instant of any offset is kept in UTC with milliseconds', async (t) => {
  t.equal(toInstant('2026-02-28T23:30:00-05:30'), '2026-03-01T05:00:00.000Z')
  t.equal(toInstant('2026-03-01T05:00:00.1Z'), '2026-03-01T05:00:00.100Z')
  t.match(now(), /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  t.ok(Math.abs(Date.parse(now()) - Date.now()) < 60_000)
})

test('what is in no calendar and in no database is no instant', async (t) => {
  for (const text of [
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '-000001-01-01T00:00:00Z',
    'x',
  ]) {
    t.equal(toInstant(text), undefined, text)
  }
  t.equal(toInstant('0001-01-01T00:00:00Z'), '0001-01-01T00:00:00.000Z')
  t.equal(toInstant('9999-12-31T23:59:59.999Z'), '9999-12-31T23:59:59.999Z')
})

test('an instant of a query is read, or its parameter is named', async (t) => {
  t.equal(instantParameter('as_of', undefined), undefined)
  t.equal(instantParameter('as_of', '2026-01-01T00:00:00+01:00'), '2025-12-31T23:00:00.000Z')
  const { slug, errors } = refusal(() => instantParameter('as_of', '0000-01-01T00:00:00Z'))
  t.equal(slug, 'invalid-parameter')
  t.same(errors, [{ pointer: 'query:/as_of', detail: 'is no instant of the years 1 to 9999' }])
})

test('seconds are counted on and back', async (t) => {
  t.equal(secondsFrom('2026-12-31T23:59:59.500Z', 1), '2027-01-01T00:00:00.500Z')
  t.equal(secondsFrom('2027-01-01T00:00:00.500Z', -1), '2026-12-31T23:59:59.500Z')
  t.equal(secondsFrom('2026-01-01T00:00:00.000Z', 86_400), '2026-01-02T00:00:00.000Z')
})
