import { type Kysely, sql } from 'kysely'
import type { Test } from 'tap'
import { isOneOf, violatedConstraint } from '../../src/db/dialect.ts'
import { preparedFamily } from '../../src/db/prepared.ts'
import { planTextSearch, type SearchValues, textMatches } from '../../src/db/text-search.ts'
import type { Engine, Reader, Store, Writer } from '../../src/db/types.ts'
import { searchKey } from '../../src/values/text.ts'
import { onEveryEngine } from '../support/app.ts'
import { category, INSTANT, storeFor } from '../support/stores.ts'

const times = { created_at: INSTANT, updated_at: INSTANT }

// biome-ignore format: a list of texts reads best in rows
const TEXTS = [
  '', ' ', 'plain', 'Ferretería Ñandú', 'e\u0301 combining', '\u00e9 composed', '👩‍🔧 🇪🇸 𝒳', 'שלום', '漢字',
  "O'Neil", '"M8" bolt', 'a\\b', '50% off', 'AB_1', 'ABX1', 'line\nbreak\r\n\ttab', '[x] {y} $1 ?1 :name @p',
  'null', '0', '00123', '1e5', '\u00a0', '\u200b', '\ufeff', '\uffff', '\u{10ffff}', 'x'.repeat(100_000),
]

// biome-ignore format: a list of times reads best in rows
const INSTANTS = [
  '0001-01-01T00:00:00.000Z', '0099-12-31T23:59:59.999Z', '1582-10-10T00:00:00.000Z', '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00.000Z', '2000-02-29T12:00:00.100Z', '2024-03-31T01:30:00.010Z', '2024-12-31T23:59:59.999Z',
  '2025-01-01T00:00:00.001Z', '2038-01-19T03:14:08.000Z', '9999-12-31T23:59:59.999Z',
]

const INTEGERS = [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53 - 1), 1_000_000_000_000]

const raw = (db: Reader | Writer) => db as unknown as Kysely<unknown>

async function addProduct(store: Store, name: string, index: number): Promise<void> {
  const names = { name, name_key: name, search_text: searchKey(name), sku: `P${index}`, sku_key: `p${index}` }
  const product = { ...names, price: 1, category_id: 1, unit: 'pcs', ...times }
  await store.write((trx) => trx.insertInto('products').values(product).execute())
}

async function storeWithCategory(t: Test, engine: Engine): Promise<Store> {
  const { store } = await storeFor(t, engine)
  await store.write((trx) => trx.insertInto('categories').values(category('one')).execute())
  return store
}

onEveryEngine('every text reads back as it was written', async (t, engine) => {
  const store = await storeWithCategory(t, engine)
  for (const text of TEXTS) {
    const row = await store.write((trx) =>
      trx
        .updateTable('categories')
        .set({ name: text, description: text })
        .returning(['name', 'description'])
        .executeTakeFirst(),
    )
    t.same(row, { name: text, description: text }, JSON.stringify(text.slice(0, 30)))
    const found = await store.query((db) =>
      db.selectFrom('categories').select('id').where('name', '=', text).executeTakeFirst(),
    )
    t.same(found, { id: 1 })
  }
})

onEveryEngine('every time reads back as it was written, and times sort', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const rows = INSTANTS.toReversed().map((created_at, index) => ({ ...category(`${index}`), created_at }))
  await store.write((trx) => trx.insertInto('categories').values(rows).execute())
  const sorted = await store.query((db) =>
    db.selectFrom('categories').select('created_at').orderBy('created_at').execute(),
  )
  t.same(
    sorted.map((row) => row.created_at),
    INSTANTS,
  )
  const since = await store.query((db) =>
    db.selectFrom('categories').select('id').where('created_at', '>=', '2024-12-31T23:59:59.999Z').execute(),
  )
  t.equal(since.length, 4)
})

onEveryEngine('what is no time of the years 1 to 9999 is refused', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  for (const created_at of [
    '0000-01-01T00:00:00.000Z',
    '2024-02-30T00:00:00.000Z',
    '2024-13-01T00:00:00.000Z',
    'soon',
  ]) {
    const insert = store.write((trx) =>
      trx
        .insertInto('categories')
        .values({ ...category('x'), created_at })
        .execute(),
    )
    await t.rejects(insert, created_at)
  }
})

onEveryEngine('booleans are booleans and nulls are nulls', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const person = { password_hash: '!', role: 'viewer', ...times }
  const rows = await store.write((trx) =>
    trx
      .insertInto('users')
      .values([
        { ...person, username: 'a', username_key: 'a', email: 'a', email_key: 'a', is_active: true, last_login: null },
        {
          ...person,
          username: 'b',
          username_key: 'b',
          email: 'b',
          email_key: 'b',
          is_active: false,
          last_login: INSTANT,
        },
      ])
      .returning(['is_active', 'last_login', 'first_name'])
      .execute(),
  )
  const expected = [
    { is_active: true, last_login: null, first_name: '' },
    { is_active: false, last_login: INSTANT, first_name: '' },
  ]
  t.same(rows, expected)
  const read = (is_active: boolean) =>
    store.query((db) =>
      db
        .selectFrom('users')
        .select((eb) => ['is_active', eb('last_login', 'is', null).as('is_new'), eb.lit(null).as('is_nothing')])
        .where('is_active', '=', is_active)
        .execute(),
    )
  t.same(await read(true), [{ is_active: true, is_new: true, is_nothing: null }])
  t.same(await read(false), [{ is_active: false, is_new: false, is_nothing: null }])
})

onEveryEngine('integers are exact up to 2^53 − 1; beyond, an error and never another number', async (t, engine) => {
  const store = await storeWithCategory(t, engine)
  for (const version of INTEGERS) {
    const row = await store.write((trx) =>
      trx.updateTable('categories').set({ version }).returning('version').executeTakeFirst(),
    )
    t.same(row, { version })
  }
  for (const version of [2 ** 53, -(2 ** 53), 1e300, Number.NaN, Number.POSITIVE_INFINITY]) {
    await t.rejects(
      store.write((trx) => trx.updateTable('categories').set({ version }).execute()),
      { name: 'RangeError' },
      `${version} is not written`,
    )
  }
  await store.write((trx) => sql`update categories set version = 9007199254740993`.execute(trx))
  const unsafe = { name: 'RangeError', message: 'an integer from the database is outside the safe range' }
  await t.rejects(
    store.query((db) => db.selectFrom('categories').select('version').execute()),
    unsafe,
  )
  await t.rejects(
    store.query((db) => db.selectFrom('categories').selectAll().execute()),
    unsafe,
  )
  await t.rejects(
    store.query((db) => sql`select sum(version - 1) as total from categories`.execute(raw(db))),
    unsafe,
  )
})

onEveryEngine('sums and counts are numbers, and null over nothing', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const sums = () =>
    store.query((db) =>
      db
        .selectFrom('categories')
        .select((eb) => [
          eb.fn.countAll<number>().as('count'),
          eb.fn.sum<number | null>('version').as('total'),
          eb.fn.max('version').as('most'),
          eb.fn.coalesce(eb.fn.sum<number>('version'), eb.lit(0)).as('at_least_0'),
        ])
        .executeTakeFirst(),
    )
  t.same(await sums(), { count: 0, total: null, most: null, at_least_0: 0 })
  const rows = ['a', 'b', 'c'].map((name) => ({ ...category(name), version: 3_000_000_000 }))
  await store.write((trx) => trx.insertInto('categories').values(rows).execute())
  t.same(await sums(), { count: 3, total: 9_000_000_000, most: 3_000_000_000, at_least_0: 9_000_000_000 })
})

const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

onEveryEngine('text sorts by its bytes, up and down, and compares so', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const names = [
    'a',
    'A',
    'b',
    'B',
    'á',
    'Á',
    'ñ',
    'Z',
    'z',
    'ä',
    '_',
    '-',
    ' x',
    '1',
    '10',
    '9',
    '👩‍🔧',
    '\uffff',
    '漢',
    'e\u0301',
    '',
  ]
  await store.write((trx) => trx.insertInto('categories').values(names.map(category)).execute())
  const read = async (order: 'asc' | 'desc') =>
    (await store.query((db) => db.selectFrom('categories').select('name').orderBy('name', order).execute())).map(
      (row) => row.name,
    )
  t.same(await read('asc'), names.toSorted(bytes))
  t.same(await read('desc'), names.toSorted(bytes).reverse())
  const after = await store.query((db) => db.selectFrom('categories').select('name').where('name', '>', 'b').execute())
  t.same(after.map((row) => row.name).sort(bytes), names.filter((name) => bytes(name, 'b') > 0).sort(bytes))
})

// biome-ignore format: a list of words reads best in rows
const NEEDLES = [
  '50%', '%', '_', 'AB_1', 'a\\b', '\\', "O'N", '"M8"', '"', "'", '[x]', '*', 'c++', '-', 'ferreteria', 'ÑANDU', 'ñ',
  '👩‍🔧', '👩', '漢', '漢字', 'line', 'multi-agent', 'a:b', 'AND', 'OR NOT', 'NEAR(', '(', '\u{10ffff}', 'xyz', 'xx',
]

const searches = preparedFamily<{ search: string }, Partial<SearchValues>, { name: string }>('test_search', {
  nameOf: () => undefined,
  samples: () => [],
  build: (db, { search }, values) =>
    db
      .selectFrom('products')
      .select('name')
      .where((eb) => {
        const searched = { text: eb.ref('search_text'), id: eb.ref('id'), index: 'products_search' }
        return textMatches(db, searched, search, values)
      })
      .orderBy('id'),
})

async function search(store: Store, terms: string[], how: 'indexed' | 'reading'): Promise<string[]> {
  const rows = await store.query((db) => {
    const { values, [how]: shape } = planTextSearch(db, terms)
    return searches(db, { search: shape }, values)
  })
  return rows.map((row) => row.name)
}

onEveryEngine('search is literal, and finds what is there and nothing else', async (t, engine) => {
  const store = await storeWithCategory(t, engine)
  const names = [
    ...TEXTS.filter((text) => text.length < 100),
    'multi-agent a:b c++ *',
    'AND OR NOT NEAR(x)',
    'ñandú ferreteria',
  ]
  for (const [index, name] of names.entries()) await addProduct(store, name, index)
  for (const needle of [...NEEDLES.map((needle) => [needle]), ['50%', 'off'], ['o', "o'n", 'neil'], ['漢', 'x']]) {
    const terms = needle.map(searchKey)
    const expected = names.filter((name) => terms.every((term) => searchKey(name).includes(term)))
    for (const plan of ['indexed', 'reading'] as const) {
      t.same(await search(store, terms, plan), expected, `search for ${needle.join(' and ')}, ${plan}`)
    }
  }
  const ids = [3, 1, 99, 2]
  const some = await store.query((db) =>
    db
      .selectFrom('products')
      .select('id')
      .where((eb) => isOneOf(db, eb.ref('id'), ids))
      .orderBy('id')
      .execute(),
  )
  t.same(some, [{ id: 1 }, { id: 2 }, { id: 3 }])
  const none = store.query((db) =>
    db
      .selectFrom('products')
      .select('id')
      .where((eb) => isOneOf(db, eb.ref('id'), []))
      .execute(),
  )
  t.same(await none, [])
})

onEveryEngine('the rule that refuses a write has the same name', async (t, engine) => {
  const store = await storeWithCategory(t, engine)
  await addProduct(store, 'one', 1)
  await store.write((trx) =>
    trx.insertInto('login_throttle').values({ key: 'k', failures: 1, window_ends_at: INSTANT }).execute(),
  )
  const boolean = engine === 'sqlite' ? sql`1` : sql`true`
  const cases: [ReturnType<typeof sql>, string | undefined][] = [
    [
      sql`insert into categories select id + 1, name, name_key, description, version, created_at, updated_at from categories`,
      'categories_name_key_unique',
    ],
    [
      sql`insert into categories select id, name, 'other', description, version, created_at, updated_at from categories`,
      'categories_pkey',
    ],
    [sql`insert into login_throttle select * from login_throttle`, 'login_throttle_pkey'],
    [sql`update products set price = -1`, 'products_price_check'],
    [sql`update products set decimals = 4`, 'products_decimals_check'],
    [sql`update products set barcode = '1'`, 'products_barcode_check'],
    [
      sql`insert into stock (product_id, location_id, created_at, updated_at) select 1, 1, created_at, updated_at from products, (select 1 as a union all select 2) as twice`,
      'stock_product_id_location_id_unique',
    ],
    [
      sql`insert into locations (code, code_key, name, name_key, is_default, created_at, updated_at) select 'X', 'x', 'X', 'x', ${boolean}, created_at, updated_at from locations`,
      'locations_is_default_unique',
    ],
    [sql`update locations set is_active = not ${boolean}`, 'locations_default_is_active_check'],
    [sql`update products set category_id = 99`, undefined],
    [sql`delete from categories`, undefined],
    [sql`update products set name = null`, undefined],
    [sql`update nothing set name = null`, undefined],
  ]
  for (const [statement, name] of cases) {
    const error = await store
      .write((trx) => statement.execute(raw(trx)))
      .then(
        () => undefined,
        (reason) => reason,
      )
    if (error === undefined) t.fail(`${name ?? 'it'} was not refused`)
    t.equal(violatedConstraint(error), name, error?.message)
  }
  for (const other of [undefined, null, 'text', new Error('x')]) t.equal(violatedConstraint(other), undefined)
})
