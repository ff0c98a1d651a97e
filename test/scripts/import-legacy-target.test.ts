import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import pg from 'pg'
import { type Test, test } from 'tap'
import { WANTED } from '../../scripts/legacy/importers.ts'
import { parseSource, readSource } from '../../scripts/legacy/source.ts'
import { decideSuccession, inspectTarget } from '../../scripts/legacy/target.ts'
import { understand } from '../../scripts/legacy/understand.ts'
import { verifyImport } from '../../scripts/legacy/verify.ts'
import { Migrations } from '../../src/db/migrator.ts'
import type { Engine, Store } from '../../src/db/types.ts'
import { createCategory } from '../../src/modules/categories/service.ts'
import { ensureAdministrator } from '../../src/modules/users/service.ts'
import { logIn } from '../support/accounts.ts'
import { onEveryEngine } from '../support/app.ts'
import { engines } from '../support/databases.ts'
import { servicesOf, writeAs } from '../support/effects.ts'
import {
  category,
  everythingIn,
  importLegacy,
  legacyFile,
  onPostgres,
  PASSWORD,
  product,
  sample,
  serviceOn,
  stock,
  user,
} from '../support/legacy.ts'
import { temporaryFolder } from '../support/process.ts'
import { databaseFor, storeFor } from '../support/stores.ts'

const FIRST = { adminUsername: 'admin', adminEmail: 'admin@stock.localhost', adminPassword: 'una-frase-de-la-casa' }
const SHOP = { categories: [category(1)], products: [product(1)], stock: [stock(1, 1, 5)] }

/** A database as the first start leaves it. */
async function started(t: Test, engine: Engine, first: Partial<typeof FIRST> = {}) {
  const { database, store } = await storeFor(t, engine)
  await ensureAdministrator(servicesOf(store), { ...FIRST, ...first })
  return { url: database.url, store }
}

const peopleIn = async (store: Store) =>
  (await everythingIn(store)).users.map(({ id, username, email }) => [id, username, email])

onEveryEngine('an administrator that nobody used gives way', async (t, engine) => {
  const { url, store } = await started(t, engine)
  const dry = await importLegacy(url, '--from', sample(t, 'orm'), '--dry-run')
  t.match(dry, { code: 0, said: /\(admin, id 1\) was never used and gives way to the imported users/ })
  t.match(dry.said, /Nothing was written. Repeat without --dry-run/)
  t.same(await peopleIn(store), [[1, 'admin', 'admin@stock.localhost']], 'a dry run writes nothing')
  t.same((await everythingIn(store)).products, [])
  const { code, said } = await importLegacy(url, '--from', sample(t, 'orm'), '--yes')
  t.equal(code, 0, said)
  t.match(said, /users +5 +5 +5 +ok/)
  t.equal((await peopleIn(store)).length, 5)
  t.same((await peopleIn(store))[0], [1, 'admin', 'admin@tienda.example'])
  const { app } = await serviceOn(t, url)
  t.equal((await logIn(app, 'admin', 'Admin-clave-2024')).statusCode, 200)
  t.equal((await logIn(app, 'admin', FIRST.adminPassword)).statusCode, 401)
})

onEveryEngine('an administrator whom nobody collides with stays', async (t, engine) => {
  const { url, store } = await started(t, engine, { adminUsername: 'jefa' })
  const old = legacyFile(t, { ...SHOP, users: [user(7), user(8, { username: 'eva', email: 'eva@tienda.example' })] })
  const { code, said } = await importLegacy(url, '--from', old, '--yes')
  t.equal(code, 0, said)
  t.match(said, /\(jefa, id 1\) stays beside/)
  t.match(said, /users +2 +3 +3 +ok/)
  t.same(
    (await peopleIn(store)).map(([id]) => id),
    [1, 7, 8],
  )
  t.match(said, 'The opening balances are recorded by user 7.')
  t.equal((await everythingIn(store)).movements[0].actor_id, 7)
})

onEveryEngine('an administrator is left where no imported one could log in', async (t, engine) => {
  const { url, store } = await started(t, engine)
  const people = [
    user(1, { role: 'user' }),
    user(2, { username: 'admin2', email: 'b@tienda.example', is_active: 0 }),
    user(3, { username: 'c', email: 'c@tienda.example', password_hash: 'lost' }),
  ]
  const old = legacyFile(t, { ...SHOP, users: people })
  const { code, said } = await importLegacy(url, '--from', old, '--yes')
  t.equal(code, 0, said)
  t.match(said, /becomes admin3, id 4, and keeps its password/)
  t.same((await peopleIn(store))[3], [4, 'admin3', 'admin@stock.localhost'])
  const { app, call } = await serviceOn(t, url)
  t.equal((await logIn(app, 'admin', PASSWORD)).json().user.role, 'user')
  const token = (await logIn(app, 'admin3', FIRST.adminPassword)).json().access_token
  t.match((await call(token, 'GET', '/movements')).json().data, [{ actor_id: 4 }])
  const next = { username: 'nueva', email: 'nueva@example.com', password: 'caballo-grapa-correcta' }
  t.equal((await call(token, 'POST', '/users', next)).json().id, 5)
})

onEveryEngine('without anybody who could administer nothing is imported', async (t, engine) => {
  const { database, store } = await storeFor(t, engine)
  const old = legacyFile(t, { ...SHOP, users: [user(1, { role: 'manager' })] })
  const { code, said } = await importLegacy(database.url, '--from', old, '--yes')
  t.equal(code, 1)
  t.match(said, /Nobody could administer the service.*Start the service once/)
  t.same(await peopleIn(store), [])
})

onEveryEngine('an administrator that is used, or what else is in the database, is left alone', async (t, engine) => {
  const { url, store } = await started(t, engine)
  const { app } = await serviceOn(t, url)
  t.equal((await logIn(app, 'admin', FIRST.adminPassword)).statusCode, 200)
  for (const option of ['--yes', '--dry-run']) {
    const { code, said } = await importLegacy(url, '--from', legacyFile(t, SHOP), option)
    t.equal(code, 1)
    t.match(said, /Somebody has logged in as admin here.* id and user name.*needs a new database/)
  }
  await writeAs(store, (effect) => createCategory(effect, { name: 'Ferretería' }))
  const before = await everythingIn(store)
  const { code, said } = await importLegacy(url, '--from', legacyFile(t, SHOP), '--yes')
  t.equal(code, 1)
  t.match(said, /is in use: it holds categories \(1\)\. .*needs a new database/)
  t.same(await everythingIn(store), before)
})

onEveryEngine('a refusal writes nothing, and neither does a failure in the middle of writing', async (t, engine) => {
  const { url, store } = await started(t, engine)
  const before = await everythingIn(store)
  const refused = await importLegacy(url, '--from', legacyFile(t, { ...SHOP, products: [] }), '--yes')
  t.equal(refused.code, 1)
  t.match(refused.said, 'stock 1, product_id: is 1, and there is no such product')
  t.same(await everythingIn(store), before)
  await store.write(async (trx) => {
    for (const statement of BREAK[engine]) await sql.raw(statement).execute(trx)
  })
  const { code, said } = await importLegacy(url, '--from', legacyFile(t, SHOP), '--yes')
  t.equal(code, 1)
  t.match(said, /It failed: the pipe burst\nUnless "Imported." stands above, nothing was written.\n$/)
  t.same(await everythingIn(store), before)
})

/** What is written last cannot be. */
const BREAK = {
  sqlite: [`create trigger burst before insert on movements begin select raise(abort, 'the pipe burst'); end`],
  postgresql: [
    `create function burst() returns trigger language plpgsql as $$ begin raise exception 'the pipe burst'; end $$`,
    'create trigger burst before insert on movements for each row execute function burst()',
  ],
}

test('an SQLite database of an older version is migrated by the import', async (t) => {
  const { url, store } = await started(t, 'sqlite')
  const migrations = new Migrations(store)
  for (let steps = 2; steps > 0; steps -= 1) await migrations.migrate('down')
  t.match(await importLegacy(url, '--from', legacyFile(t, SHOP), '--dry-run'), { code: 0 })
  t.equal((await migrations.state()).pending.length, 2, 'not by a dry run')
  t.match(await importLegacy(url, '--from', legacyFile(t, SHOP), '--yes'), { code: 0, said: /is proven/ })
  t.equal((await everythingIn(store)).products.length, 1)
})

test('an SQLite file is made and migrated by the import, and by nothing less', async (t) => {
  const file = join(temporaryFolder(t), 'new', 'stock.db')
  const from = sample(t, 'guide')
  const before = readFileSync(from)
  t.match(await importLegacy(`sqlite:${file}`, '--from', from, '--dry-run'), {
    code: 0,
    said: /stock.db, which is made/,
  })
  t.match(await importLegacy(`sqlite:${file}`, '--from', from), { code: 2, said: /pass --yes(.|\n)*Usage/ })
  t.notOk(existsSync(file))
  t.match(await importLegacy('sqlite:unused.db', '--from', `sqlite:${from}`, '--to', `sqlite:${file}`, '--yes'), {
    code: 0,
    said: /every balance is proven/,
  })
  t.ok(statSync(file).size > 0)
  t.ok(readFileSync(from).equals(before), 'the old database is as it was')
})

test('a PostgreSQL is migrated by hand', { skip: !engines.includes('postgresql') }, async (t) => {
  const { url } = await databaseFor(t, 'postgresql', { empty: true })
  const { code, said } = await importLegacy(url, '--from', sample(t, 'guide'), '--yes')
  t.equal(code, 1)
  t.match(said, /are not up to date. Run `npm run migrate -- up`/)
})

test('databases that are something else are told from each other', async (t) => {
  const old = legacyFile(t, SHOP)
  const before = readFileSync(old)
  const other = sample(t, 'orm')
  const fresh = `sqlite:${join(temporaryFolder(t), 'new.db')}`
  t.match(await importLegacy(`sqlite:${old}`, '--from', old, '--yes'), { code: 1, said: /are the same/ })
  t.match(await importLegacy(`sqlite:${other}`, '--from', old, '--yes'), {
    code: 1,
    said: /belongs to another program/,
  })
  t.ok(readFileSync(old).equals(before))
  const { database } = await storeFor(t, 'sqlite')
  t.match(await importLegacy(fresh, '--from', database.url, '--yes'), { code: 1, said: /is this service itself/ })
  const text = join(temporaryFolder(t), 'old.csv')
  writeFileSync(text, 'id;name\n1;Tornillo\n'.repeat(100))
  t.match(await importLegacy(fresh, '--from', text, '--yes'), { code: 1, said: /file is not a database/ })
  t.match(await importLegacy(fresh, '--from', `${text}.db`, '--yes'), { code: 1, said: /There is no file/ })
  for (const [change, said] of [
    ['drop table products', /no table products/],
    ['alter table products drop column price', /products has no column price/],
    ['create table stocks as select * from stock', /Both stocks and stock hold rows/],
  ] as const) {
    const file = legacyFile(t, SHOP)
    new Database(file).exec(change).close()
    t.match(await importLegacy(fresh, '--from', file, '--yes'), { code: 1, said }, change)
  }
})

test('a result that is not what it should be is told', async (t) => {
  const { url, store } = await started(t, 'sqlite')
  const from = legacyFile(t, SHOP)
  const understanding = understand(await readSource(parseSource(from), WANTED))
  const succession = decideSuccession(understanding.plan, await store.read(inspectTarget))
  t.match(await verifyImport(store, understanding, succession), { ok: false, text: /products +1 +1 +0 +WRONG/ })
  t.equal((await importLegacy(url, '--from', from, '--yes')).code, 0)
  t.match(await verifyImport(store, understanding, succession), { ok: true })
  await store.write((trx) => trx.updateTable('stock').set({ quantity: 6000 }).execute())
  t.match(await verifyImport(store, understanding, succession), {
    ok: false,
    text: /units on hand +5 +5 +6 +WRONG(.|\n)*ledger: balances that are not proven: 1/,
  })
})

test('an SQLite file in UTF-16 is read', async (t) => {
  const from = join(temporaryFolder(t), 'old.db')
  const database = new Database(from)
  database.pragma("encoding = 'UTF-16le'")
  database.exec(`create table products (id, name, price, category_id);
    insert into products values (1, 'Cañón ½', 1, null)`)
  database.close()
  const { url, store } = await started(t, 'sqlite')
  t.match(await importLegacy(url, '--from', from, '--yes'), { code: 0 })
  t.match((await everythingIn(store)).products, [{ name: 'Cañón ½' }])
})

test('what is not understood is said', async (t) => {
  const file = legacyFile(t, SHOP)
  const database = new Database(file)
  database.exec('alter table products add column weight; create table alembic_version (version_num); drop table users')
  database.close()
  const { url } = await started(t, 'sqlite')
  const { code, said } = await importLegacy(url, '--from', file, '--yes')
  t.equal(code, 0, said)
  t.match(said, /Columns that are left behind: products.weight\./)
  t.match(said, /alembic_version +0 +not known, and left behind/)
  t.match(said, /users +not there/)
})

test('what PostgreSQL alone can hold is read or refused', { skip: !engines.includes('postgresql') }, async (t) => {
  const types = { id: 'bigint', price: 'double precision', created_at: 'timestamptz', is_active: 'boolean' }
  const from = await onPostgres(t, legacyFile(t, { ...SHOP, products: [1, 2, 3].map((id) => product(id)) }), types)
  const client = new pg.Client(from)
  await client.connect()
  await client.query(`update products set price = 'NaN' where id = 1; update products set price = '-Infinity' where id = 2;
    update products set created_at = 'infinity', price = 0.1 + 0.2::float8 where id = 3`)
  const { database, store } = await storeFor(t, 'postgresql')
  const refused = await importLegacy(database.url, '--from', from, '--yes')
  t.equal(refused.code, 1)
  t.match(refused.said, /^3 values cannot be kept/m)
  for (const value of ['NaN', '-Infinity', 'infinity']) t.match(refused.said, `is "${value}", not a`)
  await client.query(`update products set price = 9.5 where id < 3; set timezone = 'America/Bogota';
    update products set created_at = '2024-01-02 03:04:05' where id = 3`)
  await client.end()
  const { code, said } = await importLegacy(database.url, '--from', from, '--yes')
  t.equal(code, 0, said)
  const { products } = await everythingIn(store)
  t.match(products[2], { price: 3000, created_at: '2024-01-02T08:04:05.000Z' })
  t.match(said, 'products 3: 0.30000000000000004 becomes 0.30')
})

test('text of a PostgreSQL that knows no encoding is read where it is UTF-8', {
  skip: !engines.includes('postgresql'),
}, async (t) => {
  const { url: admin } = await databaseFor(t, 'postgresql', { empty: true })
  const name = `${new URL(admin).pathname.slice(1)}_ascii`
  const run = async (url: string, ...statements: string[]) => {
    const client = new pg.Client(url)
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  await run(admin, `create database ${name} encoding 'SQL_ASCII' template template0 locale_provider libc locale 'C'`)
  t.teardown(() => run(admin, `drop database ${name} with (force)`))
  const from = Object.assign(new URL(admin), { pathname: `/${name}` }).href
  const { created_at: _created, updated_at: _updated, ...admins } = user(1)
  const values = Object.values(admins).map((value) => `'${value}'`)
  await run(
    from,
    `create table categories (id int, name text);
     create table products (id int, name text, price numeric, category_id int);
     create table stocks (id int, product_id int, quantity numeric(10, 2));
     create table users (${Object.keys(admins).map((column) => `${column} text`)});
     insert into users values (${values});
     insert into categories values (1, 'caña'), (2, E'ca\\xf1a')`,
  )
  const { database, store } = await storeFor(t, 'sqlite')
  const refused = await importLegacy(database.url, '--from', from, '--yes')
  t.match(refused, { code: 1, said: /^1 value cannot be kept:\n {2}categories 2, name: is not text in UTF-8$/m })
  await run(from, 'delete from categories where id = 2')
  const { code, said } = await importLegacy(database.url, '--from', from, '--yes')
  t.equal(code, 0, said)
  t.match((await everythingIn(store)).categories, [{ name: 'caña' }])
})

test('what is asked for wrongly is answered with the usage, and without a password', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /Say with --from/],
    [['old.db'], /Unexpected argument/],
    [['--from', 'old.db', '--force'], /--force/],
    [['--from', 'postgres://ana:s3cr@t@h/old'], /--from percent-encode/],
    [['--from', 'old.db', '--to', 'mysql://ana:s3cret@h/x'], /--to must begin with/],
  ]
  for (const [args, reason] of cases) {
    const { code, said } = await importLegacy('sqlite:unused.db', ...args)
    t.equal(code, 2, args.join(' '))
    t.match(said, reason)
    t.match(said, /Usage: npm run import:legacy/)
    t.notMatch(said, /s3cr/)
  }
  t.match(await importLegacy('sqlite:unused.db', '--help'), { code: 0, said: /^Usage/ })
  const away = await importLegacy('sqlite:unused.db', '--from', 'postgres://ana:s3cret@127.0.0.1:1/old', '--yes')
  t.match(away, { code: 1, said: /Not to be read: the PostgreSQL database old at 127.0.0.1:1.*ECONNREFUSED/ })
  t.notMatch(away.said, /s3cret/)
  t.notOk(existsSync('unused.db'))
})
