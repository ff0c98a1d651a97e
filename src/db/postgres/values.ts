import pg from 'pg'
import { requireSafe } from '../numbers.ts'

const { builtins } = pg.types

/** bigint, and numeric where a sum made one: a number, as on SQLite, and never a rounded one. */
function toInteger(text: string): number {
  const value = Number(text)
  requireSafe(value)
  if (!Number.isInteger(value)) throw new RangeError('a number from the database is not an integer')
  return value
}

/** timestamptz(3) as RFC 3339 in UTC with milliseconds, the text SQLite keeps. */
function toTimestamp(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?\+00$/.exec(text)
  if (match) return `${match[1]}T${match[2]}.${(match[3] ?? '').padEnd(3, '0')}Z`
  return new Date(text).toISOString()
}

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, toInteger],
  [builtins.NUMERIC, toInteger],
  [builtins.TIMESTAMPTZ, toTimestamp],
])

/** Type parsers for one pool, so that PostgreSQL gives the JavaScript values that SQLite gives. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => parsers.get(oid) ?? pg.types.getTypeParser(oid, format),
}
