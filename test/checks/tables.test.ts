import { test } from 'tap'
import { type Exception, judge, ownersOf, tablesOf } from '../../scripts/dev/check-tables.ts'
import { parse } from '../../scripts/dev/source-files.ts'
import { findWrites } from '../../scripts/dev/table-writes.ts'

const TABLES = ['stock', 'product_costs', 'products']
const FILE = 'src/modules/products/repository.ts'

const tablesIn = (text: string) => findWrites(parse(FILE, text), TABLES).map(({ table }) => table)

test('every way to write a table is found, with its table', async (t) => {
  const ways = [
    "trx.insertInto('stock').values(row)",
    'trx.insertInto(`stock`).values(row)',
    "trx\n  // why\n  .updateTable('stock')\n  .set(row)",
    "trx.updateTable('stock as s').set(row)",
    "trx.deleteFrom(['stock'])",
    "trx.mergeInto('stock as s').using('products as p', 'p.id', 's.product_id')",
    "trx.replaceInto('stock')",
    "trx['insertInto']('stock')",
    "(trx as Writer).deleteFrom('stock')",
    "trx.with('made', (db) => db.insertInto('stock').values(row)).selectFrom('made').selectAll()",
    'sql`insert into stock (id) values (1)`.execute(trx)',
    'sql<{ id: number }>`INSERT OR REPLACE INTO "stock" select 1`',
    'sql`insert\n  -- the first of it\n into /* this */ main.stock default values`',
    'sql`replace into stock values (1)`',
    'sql`update stock set quantity = 0`',
    'sql`update or ignore only stock as s set quantity = 0`',
    'sql`with gone as (delete from stock returning id) select id from gone`',
    'sql`delete from $' + "{sql.table('stock')} where id = $" + '{id}`',
    'sql`update $' + "{sql.ref('stock')} set quantity = $" + '{quantity}`',
    'sql`merge into stock using products on true when matched then delete`',
    'sql`truncate table stock`',
    "sql.raw('update stock set quantity = 0')",
    "sql.raw('update ' + 'stock set quantity = 0')",
    "const text = 'delete from stock'",
    'CompiledQuery.raw(`insert into stock ($' + '{names}) values (1)`, [])',
  ]
  for (const way of ways) t.same(tablesIn(way), ['stock'], way)
  t.same(tablesIn("trx.deleteFrom(['stock', 'products'])"), ['stock', 'products'])
  t.same(tablesIn('sql`delete from stock; delete from products`'), ['stock', 'products'])
})

test('a table whose name cannot be read is a finding', async (t) => {
  const ways = [
    'trx.insertInto(table)',
    'trx.deleteFrom(`$' + '{table}`)',
    'trx.updateTable()',
    'const insert = trx.insertInto',
    'const { insertInto } = trx',
    'const { updateTable: change } = trx',
    'trx.insertInto.call(trx, table)',
    'sql`delete from $' + '{sql.table(table)}`',
    'sql.raw(`update $' + '{table} set quantity = 0`)',
    "sql.raw('delete from ' + table)",
  ]
  for (const way of ways) t.same(tablesIn(way), [undefined], way)
  t.same(judge([{ place: 'a.ts:1', writer: 'a.ts', table: undefined }], new Map(), []), [
    'a.ts:1 writes a table whose name cannot be read here: write it in the statement',
  ])
})

test('what only reads, locks or speaks of a table is none', async (t) => {
  const harmless = [
    "trx.selectFrom('stock').selectAll().forUpdate()",
    'sql`select quantity from stock for update of stock`',
    'sql`insert into sqlite_sequence (name) values (1)`',
    "type Reading = Pick<Kysely<DB>, 'selectFrom'>",
    "const description = 'Removes it. Delete from the list what you do not need, then update stock levels.'",
    'const insertInto = 1',
    'conflict.doUpdateSet({ quantity: 1 })',
  ]
  for (const way of harmless) t.same(tablesIn(way), [], way)
  t.same(tablesIn('sql`insert into stock (id) values (1) on conflict (id) do update set quantity = 1`'), ['stock'])
})

const OWNERS = new Map([
  ['stock', ['src/modules/stock']],
  ['products', ['src/modules/products']],
])
const writes = findWrites(parse(FILE, "trx.deleteFrom('stock')\ntrx.deleteFrom('products')"), TABLES)
const exception: Exception = { writer: 'src/modules/products', table: 'stock', reason: 'it is so' }

test('only the owner writes a table, and whoever has an exception', async (t) => {
  t.same(judge(writes, OWNERS, []), [`${FILE}:1 writes stock, which belongs to src/modules/stock: ask its service`])
  t.same(judge(writes, OWNERS, [exception]), [])
  const others = { ...exception, writer: 'src/modules/users' }
  t.same(judge(writes, OWNERS, [others]).length, 2, 'an exception is for one writer')
  t.same(judge([], OWNERS, [exception]), ['src/modules/products does not write stock: drop the exception'])
  t.same(judge([{ place: 'a.ts:1', writer: 'a.ts', table: 'stocks' }], OWNERS, []), [
    'a.ts:1 writes stocks, which is no table',
  ])
})

test('every table of the schema has one owner', async (t) => {
  const schema = parse('schema.gen.ts', 'export interface DB { stock: Stock; product_costs: Costs; login_throttle: L }')
  const tables = tablesOf(schema)
  t.same(tables, ['stock', 'product_costs', 'login_throttle'])
  const modules = ['src/modules/stock', 'src/modules/product-costs', 'src/app.ts']
  const owners = ownersOf(tables, {}, modules)
  t.same([...owners.values()], [['src/modules/stock'], ['src/modules/product-costs'], []])
  t.match(judge([], owners, []), [/login_throttle has no owner/])
  const twice = ownersOf(tables, { 'src/modules/auth': ['login_throttle', 'stock'] }, modules)
  t.match(judge([], twice, []), [/stock has 2 owners: src\/modules\/stock, src\/modules\/auth/])
  t.throws(() => ownersOf(tables, { 'src/modules/auth': ['logins'] }, modules), /no table logins/)
  t.throws(() => tablesOf(parse('schema.gen.ts', 'export interface Stock {}')), /no interface DB/)
})
