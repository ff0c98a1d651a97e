import { test } from 'tap'
import { isReferenceViolation, violatedConstraint } from '../../src/db/dialect.ts'
import { requireExact, requireSafe } from '../../src/db/numbers.ts'
import { explainViolations } from '../../src/db/violations.ts'
import { Problem } from '../../src/errors.ts'

const sqlite = (code: string, message: string) =>
  Object.assign(new Error(message), { code: `SQLITE_CONSTRAINT_${code}` })
const postgres = (code: string, constraint?: string) => Object.assign(new Error('refused'), { code, constraint })

test('a constraint has one name on both engines', async (t) => {
  const unique = (message: string) => violatedConstraint(sqlite('UNIQUE', `UNIQUE constraint failed: ${message}`))
  t.equal(unique('products.sku_key'), 'products_sku_key_unique')
  t.equal(unique('stock.product_id, stock.location_id'), 'stock_product_id_location_id_unique')
  for (const code of ['PRIMARYKEY', 'ROWID']) {
    t.equal(violatedConstraint(sqlite(code, 'UNIQUE constraint failed: products.id')), 'products_pkey', code)
  }
  t.equal(violatedConstraint(sqlite('CHECK', 'CHECK constraint failed: stock_quantity')), 'stock_quantity')
  t.equal(violatedConstraint(sqlite('TRIGGER', 'movements_append_only')), 'movements_append_only')
  for (const code of ['23505', '23514']) t.equal(violatedConstraint(postgres(code, 'x_unique')), 'x_unique')
})

test('other errors name no constraint', async (t) => {
  const others = [
    sqlite('TRIGGER', 'FOREIGN KEY constraint failed'),
    sqlite('FOREIGNKEY', 'FOREIGN KEY constraint failed'),
    sqlite('NOTNULL', 'NOT NULL constraint failed: products.name'),
    postgres('23503', 'x_fkey'),
    postgres('23505'),
    { code: '23505', constraint: 7 },
    { code: 'SQLITE_CONSTRAINT_CHECK' },
    postgres('40001', 'x'),
    new Error('CHECK constraint failed: x'),
    undefined,
    null,
    'text',
  ]
  for (const error of others) t.equal(violatedConstraint(error), undefined)
})

test('a reference that is in the way is told from other refusals', async (t) => {
  for (const code of ['TRIGGER', 'FOREIGNKEY']) {
    t.equal(isReferenceViolation(sqlite(code, 'FOREIGN KEY constraint failed')), true)
  }
  t.equal(isReferenceViolation(postgres('23503', 'x_fkey')), true)
  for (const error of [
    postgres('23505', 'x'),
    sqlite('TRIGGER', 'other'),
    new Error('FOREIGN KEY constraint failed'),
  ]) {
    t.equal(isReferenceViolation(error), false)
  }
  for (const error of [undefined, null]) t.equal(isReferenceViolation(error), false)
})

test('a violation becomes the problem that explains it, and what is not explained stays', async (t) => {
  const failing = (error: Error) => () => Promise.reject(error)
  const asked: string[] = []
  const explain = async (constraint: string) => {
    asked.push(constraint)
    return constraint === 'other' ? undefined : new Problem('conflict', constraint)
  }
  const outcome = (error: Error) => explainViolations(failing(error), explain).catch((thrown: unknown) => thrown)
  t.equal(await explainViolations(async () => 7, explain), 7)
  t.match(await outcome(postgres('23505', 'name')), { slug: 'conflict', message: 'name' })
  t.match(await outcome(postgres('23503')), { slug: 'conflict', message: 'reference' })
  const other = postgres('23505', 'other')
  t.equal(await outcome(other), other)
  t.same(asked, ['name', 'reference', 'other'])
  const unrelated = new Error('unrelated')
  t.equal(await outcome(unrelated), unrelated)
  t.equal(asked.length, 3, 'it is not asked about what is no violation')
})

test('a number that is not exact goes neither in nor out', async (t) => {
  const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number
  for (const value of [0, -1.5, MAX_SAFE_INTEGER, MIN_SAFE_INTEGER, '9007199254740993', null, undefined]) {
    t.doesNotThrow(() => requireExact(value))
    t.doesNotThrow(() => requireSafe(value))
  }
  for (const value of [MAX_SAFE_INTEGER + 1, MIN_SAFE_INTEGER - 1, Number.POSITIVE_INFINITY]) {
    t.throws(() => requireExact(value), { name: 'RangeError', message: `${value} cannot be stored exactly` })
    t.throws(() => requireSafe(value), { name: 'RangeError', message: /outside the safe range/ })
  }
  t.throws(() => requireExact(Number.NaN), { name: 'RangeError' })
})
