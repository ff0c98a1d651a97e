import { onEveryEngine } from '../../support/app.ts'
import { walk } from '../../support/walk.ts'
import { buildShop } from './support.ts'

const NAMES = [
  '50% off',
  'AB_1',
  'ABX1',
  'a\\b',
  "O'Neil",
  '"M8" bolt',
  '[x]',
  'c++',
  '😀 smile',
  'multi-agent',
  'Cañón Ñandú',
  'STRASSE',
  'straße',
  'a:b',
  'x*y',
  'NEAR(a b)',
  'foo AND bar',
  'tab',
]

onEveryEngine('every name is found by itself, literally', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  for (const name of NAMES) await add({ name, sku: `sku-${NAMES.indexOf(name)}` })
  const find = async (q: string) => {
    const answer = await call('GET', `/products?limit=100&sort=id&q=${encodeURIComponent(q)}`)
    t.equal(answer.statusCode, 200, q)
    return answer.json().data.map((product: { name: string }) => product.name)
  }
  const folded = (text: string) => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toUpperCase()
  for (const q of [
    ...NAMES,
    '%',
    '_',
    '\\',
    "'",
    '"',
    '*',
    '-',
    '+',
    '(',
    ':',
    '[',
    '😀',
    'b',
    'ab',
    'bo',
    'AND',
    'NOT x',
  ]) {
    const words = folded(q).split(' ')
    const expected = NAMES.filter((name, index) =>
      words.every((word) => folded(name).includes(word) || `SKU-${index}`.includes(word)),
    )
    t.same(await find(q), expected, q)
  }
  t.same(await find('canon nandu'), ['Cañón Ñandú'])
  t.same(await find('NÁNDU'), ['Cañón Ñandú'])
  t.same(await find('straße'), ['STRASSE', 'straße'])
  t.same(await find('bolt M8'), ['"M8" bolt'], 'words in any order')
  for (const blank of ['', ' ', '\t', '\u00a0', '\u0301']) t.equal((await find(blank)).length, NAMES.length)
  t.same(await find('bolt sku-3'), [], 'every word must be there')
})

onEveryEngine('name, SKU, barcode and description are searched, and no word runs across two', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  const { id } = await add({ name: 'uno', sku: 'dos', barcode: '96385074', description: 'tres\ncuatro' })
  const found = async (q: string) => (await call('GET', `/products?q=${q}`)).json().data.length
  for (const q of ['uno', 'DOS', '6385', 'tres', 'cuatro', 'uno%20cuatro', 'n', 'os']) t.equal(await found(q), 1, q)
  for (const q of ['unodos', 'unod', 'trescuatro', 'os9', 'uno%20cinco', 'u%20z']) t.equal(await found(q), 0, q)
  await call('PATCH', `/products/${id}`, { body: { name: 'seis', barcode: null } })
  t.equal(await found('uno'), 0, 'the index follows changes')
  t.equal(await found('6385'), 0)
  t.equal(await found('seis'), 1)
  await call('DELETE', `/products/${id}`)
  t.equal(await found('seis'), 0)
})

onEveryEngine('a search is bounded', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  await add({ description: 'x'.repeat(2000) })
  t.equal((await call('GET', `/products?q=${'x'.repeat(200)}`)).json().data.length, 1)
  t.equal((await call('GET', `/products?q=${'x'.repeat(201)}`)).statusCode, 400)
  t.equal((await call('GET', `/products?q=${'x'.repeat(10_000)}`)).statusCode, 414)
  const many = Array.from({ length: 70 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join(' ')
  t.equal((await call('GET', `/products?q=${encodeURIComponent(many)}`)).json().data.length, 0)
})

const instant = '2026-01-01T00:00:00.000Z'

/** More products than any way of searching reads at once; `late` is held by thousands, but by none of the first ones. */
const MANY = Array.from({ length: 2500 }, (_, index) => ({
  sku: `S${index}`,
  sku_key: `s${index}`,
  name: `N${index}`,
  name_key: `n${index % 7}`,
  price: index,
  unit: 'unit',
  search_text: [`n${index}`, 'common', index % 50 === 0 ? 'rare' : '', index % 7 === 0 ? 'c++' : 'late'].join('\n'),
  is_active: index % 100 !== 99,
  created_at: instant,
  updated_at: instant,
}))

const inOrderOf: Record<string, (index: number) => string | number> = {
  name: (index) => MANY[index]?.name_key ?? '',
  price: (index) => index,
}

onEveryEngine('words of every rarity are found in the same order, page by page', async (t, engine) => {
  const shop = await buildShop(t, engine)
  const { call, store, categoryId: category_id } = shop
  await store.write(async (trx) => {
    for (let at = 0; at < MANY.length; at += 100) {
      const rows = MANY.slice(at, at + 100).map((row) => ({ ...row, category_id }))
      await trx.insertInto('products').values(rows).execute()
    }
  })
  // biome-ignore format: one search a line
  const SEARCHES = [
    'common', 'rare', 'late', 'n24', 'n2499', 'none', 'n9999', 'c++', 'e', 'common rare', 'late n1', 'rare n1 common',
    'rare late common n', 'c++ rare', 'o + n1',
  ]
  for (const q of SEARCHES) {
    for (const list of ['sort=name&order=asc', 'sort=price&order=desc', 'sort=price&order=asc&archived=only']) {
      const { sort = '', order, archived } = Object.fromEntries(new URLSearchParams(list))
      const place = inOrderOf[sort] as (index: number) => string | number
      const sign = order === 'asc' ? 1 : -1
      const expected = MANY.flatMap(({ search_text, is_active }, index) =>
        is_active === (archived === undefined) && q.split(' ').every((word) => search_text.includes(word))
          ? [index]
          : [],
      ).sort((a, b) => sign * (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : a - b))
      const path = `/products?limit=100&${list}&q=${encodeURIComponent(q)}`
      t.same(
        (await walk<{ id: number }>(shop, path)).map(({ id }) => id),
        expected.map((index) => index + 1),
        path,
      )
      t.equal((await call('GET', `${path}&include_total=true`)).json().total, expected.length, path)
    }
  }
})
