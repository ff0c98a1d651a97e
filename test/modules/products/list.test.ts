import type { Engine } from '../../../src/db/types.ts'
import { now } from '../../../src/values/time.ts'
import { onEveryEngine } from '../../support/app.ts'
import { walk } from '../../support/walk.ts'
import { buildShop, type Shop } from './support.ts'

const idsOf = async ({ call }: Shop, query: string): Promise<number[]> => {
  const answer = await call('GET', `/products?${query}`)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json().data.map((product: { id: number }) => product.id)
}

const walked = async (shop: Shop, query: string): Promise<number[]> =>
  (await walk<{ id: number }>(shop, `/products?${query}`)).map(({ id }) => id)

/** Rows that came in at once: one time for all, ten names, some archived. */
async function insertMany({ store, categoryId: category_id }: Shop, count: number): Promise<void> {
  const instant = now()
  const rows = Array.from({ length: count }, (_, index) => ({
    sku: `S${index}`,
    sku_key: `s${index}`,
    name: `N${index % 10}`,
    name_key: `n${index % 10}`,
    price: (index % 3) * 10_000,
    category_id,
    unit: 'unit',
    is_active: index % 10 !== 3,
    search_text: `n${index % 10}`,
    created_at: instant,
    updated_at: instant,
  }))
  await store.write(async (trx) => {
    for (let start = 0; start < count; start += 100) {
      await trx
        .insertInto('products')
        .values(rows.slice(start, start + 100))
        .execute()
    }
  })
}

onEveryEngine('a walk meets each of a thousand products once, tied as they are', async (t, engine) => {
  const shop = await buildShop(t, engine)
  await insertMany(shop, 1000)
  const all = Array.from({ length: 1000 }, (_, index) => index + 1)
  const active = all.filter((id) => (id - 1) % 10 !== 3)
  for (const query of ['sort=name&limit=7', 'sort=created_at&order=desc&limit=7', 'sort=price&limit=90']) {
    const seen = await walked(shop, query)
    t.same(
      [...seen].sort((a, b) => a - b),
      active,
      query,
    )
  }
  for (const sort of ['name', 'sku', 'price', 'created_at', 'updated_at', 'id']) {
    const up = await walked(shop, `sort=${sort}&limit=99&archived=include`)
    t.same(
      [...up].sort((a, b) => a - b),
      all,
      sort,
    )
    t.same(await walked(shop, `sort=${sort}&order=desc&limit=100&archived=include`), up.reverse(), `${sort} backwards`)
  }
  t.equal((await walked(shop, 'limit=30&archived=only&q=n3')).length, 100)
})

onEveryEngine('rows made and removed during a walk neither repeat nor hide others', async (t, engine) => {
  const shop = await buildShop(t, engine)
  for (const name of ['B', 'D', 'F', 'H']) await shop.add({ name })
  const first = await shop.call('GET', '/products?limit=2')
  await shop.add({ name: 'A' })
  await shop.call('DELETE', '/products/2')
  const second = await shop.call('GET', `/products?limit=2&cursor=${first.json().next_cursor}`)
  t.same(
    second.json().data.map((product: { name: string }) => product.name),
    ['F', 'H'],
  )
  t.equal(second.json().next_cursor, null)
})

onEveryEngine('filters may be combined, and the total counts what they leave', async (t, engine) => {
  const shop = await buildShop(t, engine)
  const { call, add, categoryId } = shop
  const other = (await call('POST', '/categories', { body: { name: 'Jardín' } })).json().id
  await add({ name: 'Árbol', price: '5' })
  await add({ name: 'arco', price: '10.5', category_id: other })
  await add({ name: 'Zapa', price: '10.5001' })
  await add({ name: 'Ñame', price: '20', category_id: other })
  await call('POST', '/products/4/archive')
  t.same(await idsOf(shop, ''), [1, 2, 3], 'by name, accents do not count')
  t.same(await idsOf(shop, 'archived=include'), [1, 2, 4, 3])
  t.same(await idsOf(shop, 'archived=only'), [4])
  t.same(await idsOf(shop, `category_id=${other}`), [2])
  t.same(await idsOf(shop, `category_id=${other}&archived=include&order=desc`), [4, 2])
  t.same(await idsOf(shop, 'price_min=10.5'), [2, 3])
  t.same(await idsOf(shop, 'price_max=10.5&sort=price&order=desc'), [2, 1])
  t.same(await idsOf(shop, `price_min=10.5&price_max=10.5&category_id=${categoryId}`), [])
  t.same(await idsOf(shop, 'category_id=99'), [])
  for (const [query, total] of [
    ['', 3],
    ['archived=include', 4],
    ['q=ar', 2],
    ['q=ar&price_min=6', 1],
    ['stock_status=out&archived=include', 4],
    ['sort=updated_at&order=desc', 3],
  ] as const) {
    t.equal((await call('GET', `/products?include_total=true&limit=1&${query}`)).json().total, total, query)
  }
})

onEveryEngine('what changed since a time is listed, archived ones on demand', async (t, engine) => {
  const shop = await buildShop(t, engine)
  await shop.add()
  await shop.add()
  const since = (await shop.call('POST', '/products/1/archive')).json().updated_at
  const later = await shop.add()
  t.ok((await idsOf(shop, `updated_since=${since}`)).includes(later.id))
  t.ok((await idsOf(shop, `sort=updated_at&archived=include&updated_since=${since}`)).includes(1))
  const shifted = encodeURIComponent(new Date(Date.parse(since) + 7_200_000).toISOString().replace('Z', '+02:00'))
  t.same(await idsOf(shop, `updated_since=${shifted}&archived=only`), [1], 'the same instant elsewhere')
  t.equal((await idsOf(shop, 'updated_since=0001-01-01T00:00:00Z')).length, 2)
  t.same(await idsOf(shop, 'updated_since=9999-12-31T23:59:59Z'), [])
})

/** Levels as [quantity, reserved, minimum] in whole units; the first is at the default location. */
async function setLevels({ store }: Shop, product_id: number, engine: Engine, levels: number[][]): Promise<void> {
  const instant = now()
  const times = { created_at: instant, updated_at: instant }
  await store.write(async (trx) => {
    await trx
      .insertInto('locations')
      .values({ id: 2, code: 'B', code_key: 'b', name: 'B', name_key: 'b', ...times })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await trx.deleteFrom('stock').where('product_id', '=', product_id).execute()
    for (const [index, [quantity = 0, reserved = 0, minimum = 0]] of levels.entries()) {
      const amounts = { quantity: quantity * 1000, reserved: reserved * 1000, min_stock: minimum * 1000 }
      await trx
        .insertInto('stock')
        .values({ product_id, location_id: index + 1, ...amounts, ...times })
        .execute()
    }
  })
  if (engine === 'postgresql') await store.write((trx) => trx.selectFrom('stock').select('id').limit(1).execute())
}

onEveryEngine('stock is ok, low or out over all locations together', async (t, engine) => {
  const shop = await buildShop(t, engine)
  const cases: [string, number[][]][] = [
    ['out', [[0, 0, 0]]],
    ['out', [[5, 5, 0]]],
    ['out', [[3, 5, 0], [1, 0, 9]]], // biome-ignore format: one case a line
    ['low', [[5, 0, 5]]],
    ['low', [[1, 0, 5], [3, 0, 0]]], // biome-ignore format: one case a line
    ['low', [[6, 2, 3], [1, 0, 2]]], // biome-ignore format: one case a line
    ['ok', [[6, 0, 5]]],
    ['ok', [[1, 0, 0]]],
    ['ok', [[0, 0, 5], [9, 0, 0]]], // biome-ignore format: one case a line
  ]
  for (const [, levels] of cases) {
    const { id } = await shop.add()
    await setLevels(shop, id, engine, levels)
  }
  for (const status of ['ok', 'low', 'out']) {
    const expected = cases.flatMap(([each], index) => (each === status ? [index + 1] : []))
    t.same(await idsOf(shop, `stock_status=${status}&sort=id`), expected, status)
    t.same(await walked(shop, `stock_status=${status}&limit=1`), expected, `${status}, page by page`)
  }
})

onEveryEngine('a list says which parameter is wrong', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  for (let index = 0; index < 3; index += 1) await add()
  for (const [query, pointer] of [
    ['limit=0', '/limit'],
    ['limit=-1', '/limit'],
    ['limit=1e9', '/limit'],
    ['limit=abc', '/limit'],
    ['limt=5', '/limt'],
    ['sort=search_text', '/sort'],
    ['sort=-name', '/sort'],
    ['order=up', '/order'],
    ['archived=yes', '/archived'],
    ['stock_status=none', '/stock_status'],
    ['category_id=abc', '/category_id'],
    ['category_id=9007199254740993', '/category_id'],
    ['price_min=1e2', '/price_min'],
    ['price_max=-1', '/price_max'],
    ['price_min=2&price_max=1', '/price_max'],
    ['updated_since=yesterday', '/updated_since'],
    ['updated_since=2016-12-31T23:59:60Z', '/updated_since'],
    ['updated_since=0000-01-01T00:00:00Z', '/updated_since'],
    ['updated_since=0001-01-01T00:00:00%2B23:59', '/updated_since'],
    ['updated_since=9999-12-31T23:59:59-23:59', '/updated_since'],
    ['q=%00', '/q'],
    [`q=${'x'.repeat(201)}`, '/q'],
  ]) {
    const answer = await call('GET', `/products?${query}`)
    t.equal(answer.statusCode, 400, String(query))
    t.equal(answer.json().errors[0].pointer, `query:${pointer}`)
  }
  const cursor = (await call('GET', '/products?limit=1')).json().next_cursor
  for (const query of ['order=desc', 'sort=sku', 'q=t', 'archived=include']) {
    t.equal((await call('GET', `/products?limit=1&cursor=${cursor}&${query}`)).json().code, 'invalid_cursor', query)
  }
  t.equal((await call('GET', `/products?limit=2&cursor=${cursor}`)).json().data.length, 2, 'the limit may change')
})
