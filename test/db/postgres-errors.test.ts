import { test } from 'tap'
import { failureOf, isPlanChanged, translate } from '../../src/db/postgres/errors.ts'
import { types } from '../../src/db/postgres/values.ts'
import { Problem } from '../../src/errors.ts'

const coded = (code: string, more: object = {}) => Object.assign(new Error('refused'), { code, ...more })
const planChanged = () => coded('0A000', { routine: 'RevalidateCachedQuery' })

/** Codes of the server and of the network, by what they mean for the one who asked. */
const CODES: [ReturnType<typeof failureOf>, string[]][] = [
  ['conflict', ['40001', '40P01']],
  ['statement', ['26000', '42P05']],
  ['busy', ['55P03', '57014']],
  ['broken', ['57P01', '57P02', '25P03', 'ECONNRESET', 'EPIPE', '08000', '08003', '08006']],
  ['away', ['57P03', '57P04', '3D000', '58030', 'ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']],
  ['away', ['ENETUNREACH', 'ENOENT', 'EACCES', '28000', '28P01', '53000', '53100', '53200', '53300']],
  [undefined, ['23505', '22P02', '42P01', '0A000', '08', '080060', 'x08006', 'ESOMETHING', '']],
]

test('an error of PostgreSQL is sorted by its code', async (t) => {
  for (const [failure, codes] of CODES) for (const code of codes) t.equal(failureOf(coded(code)), failure, code)
  t.equal(failureOf(planChanged()), 'statement')
  t.equal(isPlanChanged(coded('0A000', { routine: 'other' })), false)
  t.equal(isPlanChanged(coded('42P01', { routine: 'RevalidateCachedQuery' })), false)
})

test('what comes without a code is sorted by its words', async (t) => {
  const words = {
    'timeout exceeded when trying to connect': 'busy',
    'Connection terminated due to connection timeout': 'away',
    'timeout expired': 'away',
    'Query read timeout': 'away',
    'Connection terminated unexpectedly': 'broken',
    'Client has encountered a connection error and is not queryable': 'broken',
    'Client was closed and is not queryable': 'broken',
  }
  for (const [message, failure] of Object.entries(words)) {
    t.equal(failureOf(new Error(message)), failure, message)
    t.equal(failureOf(new Error(`the text "${message}" is wrong`)), undefined, 'only where it begins so')
  }
  for (const other of ['timeout expired', { code: '40001' }, undefined, null]) t.equal(failureOf(other), undefined)
})

test('what is answered when trying again is over', async (t) => {
  const answer = (code: string) => {
    const problem = translate(coded(code), 2500)
    return problem instanceof Problem ? [problem.slug, problem.message, problem.cause instanceof Error] : problem
  }
  t.match(answer('40001'), ['database-busy', /same rows/, true])
  t.match(answer('55P03'), ['database-busy', /2500 ms/, true])
  for (const code of ['57P01', 'ECONNREFUSED'])
    t.match(answer(code), ['database-unavailable', /cannot be reached/, true])
  const unique = coded('23505')
  t.equal(translate(unique, 1), unique)
  const stale = coded('26000')
  t.equal(translate(stale, 1), stale)
})

test('values are what SQLite gives, and never rounded', async (t) => {
  const read = (oid: number, text: string) => types.getTypeParser(oid)(text)
  const [INT8, NUMERIC, TIMESTAMPTZ, INT4] = [20, 1700, 1184, 23]
  for (const oid of [INT8, NUMERIC]) {
    t.equal(read(oid, '9007199254740991'), Number.MAX_SAFE_INTEGER)
    t.equal(read(oid, '-9007199254740991'), Number.MIN_SAFE_INTEGER)
    for (const text of ['9007199254740992', '-9007199254740992']) t.throws(() => read(oid, text), /safe range/)
  }
  t.throws(() => read(NUMERIC, '0.5'), /not an integer/)
  t.throws(() => read(NUMERIC, 'NaN'), /not an integer/)
  t.equal(read(INT4, '7'), 7)
  const instants = {
    '2026-01-31 12:00:00+00': '2026-01-31T12:00:00.000Z',
    '2026-01-31 12:00:00.5+00': '2026-01-31T12:00:00.500Z',
    '2026-01-31 12:00:00.123+00': '2026-01-31T12:00:00.123Z',
    '2026-01-31 12:00:00.123+01': '2026-01-31T11:00:00.123Z',
    '0001-01-01 00:00:00+00': '0001-01-01T00:00:00.000Z',
    '0099-12-31 23:59:59.25+00': '0099-12-31T23:59:59.250Z',
    '9999-12-31 23:59:59.999+00': '9999-12-31T23:59:59.999Z',
  }
  for (const [text, instant] of Object.entries(instants)) t.equal(read(TIMESTAMPTZ, text), instant, text)
  t.throws(() => read(TIMESTAMPTZ, '0044-03-15 12:00:00+00 BC'))
  t.not(read(TIMESTAMPTZ, '10001-01-01 00:00:00+00'), '0001-01-01T00:00:00.000Z')
})
