import { onEveryEngine } from '../../support/app.ts'
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

onEveryEngine('a word that thousands hold is found in the same order', async (t, engine) => {
  const { call, store, categoryId: category_id } = await buildShop(t, engine)
  const times = { created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' }
  const rows = Array.from({ length: 2500 }, (_, index) => ({
    sku: `S${index}`,
    sku_key: `s${index}`,
    name: `N${index}`,
    name_key: `n${index % 7}`,
    price: index,
    category_id,
    unit: 'unit',
    search_text: `n${index}\ncommon${index % 50 === 0 ? ' rare' : ''}`,
    ...times,
  }))
  await store.write(async (trx) => {
    for (let at = 0; at < rows.length; at += 100)
      await trx
        .insertInto('products')
        .values(rows.slice(at, at + 100))
        .execute()
  })
  const page = await call('GET', '/products?q=common&include_total=true&limit=3')
  t.equal(page.json().total, 2500)
  t.same(
    page.json().data.map((product: { id: number }) => product.id),
    [1, 8, 15],
  )
  const next = await call('GET', `/products?q=common&limit=2&cursor=${page.json().next_cursor}`)
  t.same(
    next.json().data.map((product: { id: number }) => product.id),
    [22, 29],
  )
  t.equal((await call('GET', '/products?q=common%20rare%20n1&include_total=true')).json().total, 22)
  t.equal((await call('GET', '/products?q=rare&include_total=true')).json().total, 50)
})
