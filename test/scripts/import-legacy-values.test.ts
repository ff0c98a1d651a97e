import type { Test } from 'tap'
import type { Engine } from '../../src/db/types.ts'
import { verifyLedger } from '../../src/modules/stock/ledger/service.ts'
import { logIn } from '../support/accounts.ts'
import { onEveryEngine } from '../support/app.ts'
import {
  category,
  everythingIn,
  HASH,
  importLegacy,
  legacyFile,
  PASSWORD,
  product,
  serviceOn,
  stock,
  TextBytes,
  user,
} from '../support/legacy.ts'
import { storeFor } from '../support/stores.ts'

type Rows = Parameters<typeof legacyFile>[1]

/** Imports an old database of these rows; what was said, and what is there. */
async function takeOver(t: Test, engine: Engine, rows: Rows) {
  const { database, store } = await storeFor(t, engine)
  const outcome = await importLegacy(database.url, '--from', legacyFile(t, rows), '--yes')
  t.ok((await verifyLedger(store)).ok)
  return { ...outcome, url: database.url, rows: await everythingIn(store) }
}

async function accepted(t: Test, engine: Engine, rows: Rows) {
  const outcome = await takeOver(t, engine, rows)
  t.equal(outcome.code, 0, outcome.said)
  return outcome
}

/** The lines of a refusal, each by its place; nothing was written. */
async function refused(t: Test, engine: Engine, rows: Rows): Promise<Record<string, string>> {
  const { code, said, rows: written } = await takeOver(t, engine, rows)
  t.equal(code, 1, said)
  for (const table of Object.values(written)) t.same(table, [], 'nothing was written')
  const lines = said.slice(said.indexOf('cannot be kept:')).split('\n')
  const places = lines.filter((line) => line.startsWith('  ')).map((line) => line.trim().split(/: (.*)/s))
  t.match(said, new RegExp(`^${places.length} values? cannot be kept`, 'm'))
  t.notMatch(said, /\n {4}at /, 'no stack')
  return Object.fromEntries(places)
}

onEveryEngine('prices keep four decimals, and the loss of more is said', async (t, engine) => {
  const prices = [0.30000000000000004, '12.34567', 1e-7, 19, 99_999_999.9999, -0, 2.00005]
  const products = prices.map((price, index) => product(index + 1, { price }))
  const { said, rows } = await accepted(t, engine, { categories: [category(1)], products })
  t.same(
    rows.products.map(({ price }) => price),
    [3000, 123_457, 0, 190_000, 999_999_999_999, 0, 20_001],
  )
  t.match(said, 'products 1: 0.30000000000000004 becomes 0.30, 0.00000000000000004 less')
  t.match(said, 'products 2: 12.34567 becomes 12.3457, 0.00003 more')
  t.match(said, 'products 3: 0.0000001 becomes 0.00, 0.0000001 less')
  t.match(said, 'products 7: 2.00005 becomes 2.0001, 0.00005 more')
  t.match(said, /beyond them is lost \(4\)/)
})

onEveryEngine('prices that cannot be kept are refused, every one', async (t, engine) => {
  const prices = [null, -1, 1e308, 100_000_000, '12,50', Number.POSITIVE_INFINITY, 'NaN', Buffer.from([1, 2])]
  const products = prices.map((price, index) => product(index + 1, { price }))
  const lines = await refused(t, engine, { categories: [category(1)], products })
  t.same(
    Object.keys(lines),
    prices.map((_, index) => `products ${index + 1}, price`),
  )
  t.match(Object.values(lines), [
    /is missing/,
    /is -1, less than 0/,
    /more than 99999999.9999/,
    /is 100000000, more than/,
    /is "12,50", not a number/,
    /is "Infinity", not a number/,
    /is "NaN", not a number/,
    /is binary data/,
  ])
})

onEveryEngine('stock is brought to one level for each product', async (t, engine) => {
  const products = [1, 2, 3, 4, 5, 6, 7].map((id) => product(id))
  const levels = [
    stock(10, 1, 5, { min_stock: 2 }),
    stock(11, 1, 7.5, { min_stock: 9 }),
    stock(12, 1, -1),
    stock(13, 2, -4),
    stock(14, 3, 0.125, { min_stock: -3 }),
    stock(15, 4, '2.50', { min_stock: null }),
    stock(16, 5, 1.1 + 2.2),
    stock(17, 6, null),
  ]
  const { said, rows } = await accepted(t, engine, { categories: [category(1)], products, stock: levels })
  const levelOf = ({ id, product_id, quantity, min_stock }: (typeof rows.stock)[number]) => [
    id,
    product_id,
    quantity,
    min_stock,
  ]
  t.same(rows.stock.map(levelOf), [
    [10, 1, 11_500, 9000],
    [13, 2, 0, 0],
    [14, 3, 125, 0],
    [15, 4, 2500, 0],
    [16, 5, 3300, 0],
    [17, 6, 0, 0],
    [18, 7, 0, 0],
  ])
  t.same(
    rows.products.map(({ decimals }) => decimals),
    [1, 0, 3, 1, 1, 0, 0],
  )
  t.match(said, 'product 1: 3 rows come to 11.5, at least 9')
  t.match(said, 'product 2: -4')
  t.match(said, 'stock 16: 3.3000000000000003 becomes 3.3')
  t.match(said, /do not say how much there is count as 0 \(1\):\n {2}stock 17/)
  t.match(said, /Products without a stock row get an empty level \(1\):\n {2}product 7/)
  t.match(said, /units on hand +13.425 +17.425 +17.425 +ok/)
})

onEveryEngine('quantities that cannot be kept are refused, every one', async (t, engine) => {
  const levels = [
    stock(1, 1, 1_000_000_001),
    stock(2, 2, 600_000_000),
    stock(3, 2, 600_000_000),
    stock(4, 3, 0.0005),
    stock(5, 4, 'many', { min_stock: 1e12 }),
    stock(6, 99, 1),
    stock(7, null, 1),
    stock(8, '1.5', 1),
    stock(8, 4, 1),
  ]
  const products = [1, 2, 3, 4].map((id) => product(id))
  const lines = await refused(t, engine, { categories: [category(1)], products, stock: levels })
  t.match(lines, {
    'stock 1, quantity': /beyond 1000000000|more than 1000000000/,
    'stock 2, quantity': /comes to more than 1000000000, together with the other rows/,
    'stock 4, quantity': /is 0.0005, and at most three decimals/,
    'stock 5, quantity': /is "many", not a number/,
    'stock 5, min_stock': /is beyond 1000000000/,
    'stock 6, product_id': /is 99, and there is no such product: remove the row/,
    'stock 7, product_id': /is missing/,
    'stock 8, product_id': /is "1.5", not an id/,
    'stock 8, id': /is that of another row too/,
  })
})

onEveryEngine('names and SKUs that collide, or are not there, become distinct', async (t, engine) => {
  const categories = [
    category(1, { name: ' Ropa ' }),
    category(2, { name: 'ROPA' }),
    category(3, { name: 'Ｒopa' }),
    category(4, { name: 'ropa (2)' }),
    category(5, { name: null }),
    category(6, { name: '\u200b' }),
  ]
  const products = [
    product(1, { sku: null }),
    product(2, { sku: 'P-000001', category_id: 77 }),
    product(3, { sku: 'abc', name: null, category_id: null }),
    product(4, { sku: 'ＡＢＣ', name: '' }),
    product(5, { sku: '', category_id: null }),
  ]
  const { said, rows } = await accepted(t, engine, { categories, products })
  t.same(
    rows.categories.map(({ id, name }) => [id, name]),
    [
      [1, 'Ropa'],
      [2, 'ROPA (3)'],
      [3, 'Ｒopa (4)'],
      [4, 'ropa (2)'],
      [5, 'Category 5'],
      [6, 'Category 6'],
      [77, 'Category 77'],
      [78, 'Uncategorised'],
    ],
  )
  t.same(
    rows.products.map(({ sku, name, category_id }) => [sku, name, category_id]),
    [
      ['P-000001-2', 'Producto 1', 1],
      ['P-000001', 'Producto 2', 77],
      ['abc', 'Product 3', 78],
      ['ＡＢＣ-2', 'Product 4', 1],
      ['P-000005', 'Producto 5', 78],
    ],
  )
  t.match(said, 'categories 2: "ROPA" becomes "ROPA (3)"')
  t.match(said, /not there are made \(1\):\n {2}category 77/)
  t.match(said, /products 4: "ＡＢＣ" becomes ＡＢＣ-2/)
  t.match(said, /categories +6 +8 +8 +ok/)
})

onEveryEngine('people keep their names as far as they are distinct', async (t, engine) => {
  const users = [
    user(1),
    user(2, { username: 'ADMIN', email: 'Admin@Tienda.example', role: 'Supervisor' }),
    user(3, { username: 'luis@tienda.example', email: 'no es correo', role: 'jefe' }),
    user(4, { username: null, email: null, role: null, is_active: null }),
    user(5, { username: 'eva', email: '', first_name: null, password_hash: 'plain$$secreto', role: 'user' }),
  ]
  const { said, url, rows } = await accepted(t, engine, { users, categories: [category(1)], products: [product(1)] })
  t.same(
    rows.users.map(({ username, email, role, is_active }) => [username, email, role, is_active]),
    [
      ['admin', 'admin@tienda.example', 'admin', true],
      ['ADMIN-2', 'Admin+2@Tienda.example', 'supervisor', true],
      ['luis@tienda.example', 'no es correo', 'viewer', true],
      ['user-4', 'user-4@stock.localhost', 'viewer', false],
      ['eva', 'user-5@stock.localhost', 'user', true],
    ],
  )
  t.match(said, 'users 2: "ADMIN" becomes "ADMIN-2"')
  t.match(said, /role that is not known become viewers \(2\):\n {2}users 3: "jefe"/)
  t.match(said, /new ones \(1\):\n {2}users 5/)
  t.notMatch(said, /secreto/)
  const { app } = await serviceOn(t, url)
  for (const name of ['admin', 'ADMIN-2', 'luis@tienda.example', 'admin+2@tienda.example']) {
    t.equal((await logIn(app, name, PASSWORD)).statusCode, 200, name)
  }
  t.equal((await logIn(app, 'eva', 'secreto')).statusCode, 401)
})

onEveryEngine('times are read with a zone and without', async (t, engine) => {
  const times = [
    ['2024-12-05 14:03:21.123456', '2024-12-05T14:03:21.123Z'],
    ['2024-12-05T14:03:21Z', '2024-12-05T14:03:21.000Z'],
    ['2024-12-05 14:03:21.5+02:00', '2024-12-05T12:03:21.500Z'],
    ['2024-12-31 23:30-0530', '2025-01-01T05:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['1969-07-20 20:17:40+00', '1969-07-20T20:17:40.000Z'],
  ]
  const products = times.map(([created_at], index) => product(index + 1, { created_at, updated_at: null }))
  const { rows } = await accepted(t, engine, { categories: [category(1, { created_at: null })], products })
  t.same(
    rows.products.map(({ created_at, updated_at }) => [created_at, updated_at]),
    times.map(([, instant]) => [instant, instant]),
  )
  t.ok(Date.now() - Date.parse(rows.categories[0].created_at) < 60_000)
  const wrong = [
    'ayer',
    '2023-02-29 10:00:00',
    '2024-13-01',
    '0001-01-01 00:00:00+14',
    1_700_000_000,
    '2024-01-01 24:01',
  ]
  const bad = wrong.map((created_at, index) => product(index + 1, { created_at }))
  const lines = await refused(t, engine, { categories: [category(1)], products: bad })
  t.same(
    Object.keys(lines),
    wrong.map((_, index) => `products ${index + 1}, created_at`),
  )
})

onEveryEngine(
  'text that nobody could read or keep is repaired where nothing is lost, and refused otherwise',
  async (t, engine) => {
    const invalid = new TextBytes(0x63, 0x61, 0xf1, 0x61)
    const kept = [
      product(1, { name: 'Tor\u0000nillo\tM8', description: 'uno\r\ndos\u0007' }),
      product(2, { sku: 'A\u200bB', name: 'n\u0303' }),
    ]
    const { said, rows } = await accepted(t, engine, { categories: [category(1)], products: kept })
    t.match(rows.products, [
      { name: 'Tornillo M8', description: 'uno\r\ndos' },
      { sku: 'AB', name: 'ñ' },
    ])
    t.match(said, 'products 2: "A\\u{200b}B"')
    t.match(said, 'products 1, name: "Tor\\u0000nillo\\tM8"')
    t.notOk(said.includes('\u0000') || said.includes('\u0007'))
    const lines = await refused(t, engine, {
      categories: [category(1, { name: invalid }), category(2, { name: 'x'.repeat(101) })],
      products: [
        product(1, { description: 'x'.repeat(2001), sku: 'ñ'.repeat(65) }),
        product(2, { name: 'x'.repeat(201) }),
      ],
      users: [user(1, { username: 'x'.repeat(255), is_active: 'maybe' })],
    })
    t.match(lines, {
      'categories 1, name': /is not text in UTF-8/,
      'categories 2, name': /has 101 characters, of at most 100: shorten it/,
      'products 1, description': /has 2001 characters/,
      'products 1, sku': /has 65 characters/,
      'products 2, name': /has 201 characters/,
      'users 1, username': /has 255 characters/,
      'users 1, is_active': /is "maybe", neither true nor false/,
    })
  },
)

onEveryEngine('ids that cannot be kept are refused', async (t, engine) => {
  const ids = [null, 0, -1, 'x', 9_007_199_254_740_993n, 2, 2]
  const products = ids.map((id) => product(1, { id, sku: null }))
  const lines = await refused(t, engine, { categories: [category(1)], products })
  t.match(lines, {
    'products, row 1, id': /is missing/,
    'products 0, id': /is "0", not an id/,
    'products -1, id': /not an id/,
    'products x, id': /not an id/,
    'products 9007199254740993, id': /not an id/,
    'products 2, id': /is that of another row too/,
  })
})

onEveryEngine('more products than a movement has lines come in by several', async (t, engine) => {
  const products = Array.from({ length: 450 }, (_, index) => product(index + 1))
  const levels = products.map(({ id }) => stock(Number(id), id, 3))
  const { rows } = await accepted(t, engine, { categories: [category(1)], products, stock: levels })
  t.equal(rows.movements.length, 3)
  t.ok(rows.stock.every(({ quantity }) => quantity === 3000))
  t.equal(rows.users[0].password_hash, HASH)
})
