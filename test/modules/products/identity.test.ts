import { onEveryEngine } from '../../support/app.ts'
import { buildShop } from './support.ts'

onEveryEngine('SKUs that look alike are one SKU', async (t, engine) => {
  const { call, add, categoryId } = await buildShop(t, engine)
  const { id } = await add({ sku: 'SKU123' })
  const { id: other } = await add({ sku: 'Caf\u00e9 1' })
  const base = { name: 'x', price: '1', category_id: categoryId }
  for (const sku of ['SKU123 ', ' sku123', '\uff33\uff2b\uff35123', 'sku\uff11\uff12\uff13']) {
    const answer = await call('POST', '/products', { body: { ...base, sku } })
    t.match(answer.json(), { status: 409, code: 'conflict', existing_id: id, errors: [{ pointer: '#/sku' }] }, sku)
  }
  for (const sku of ['cafe\u0301 1', 'CAF\u00c9\u00a01', 'caf\u00e9  1', '\u00a0Caf\u00e9\u20031']) {
    t.equal((await call('POST', '/products', { body: { ...base, sku } })).json().existing_id, other, sku)
    t.equal((await call('PATCH', `/products/${id}`, { body: { sku } })).json().existing_id, other, sku)
  }
  t.equal((await add({ sku: 'SKU 123' })).sku, 'SKU 123', 'a space makes another one')
  const own = await call('PATCH', `/products/${id}`, { body: { sku: 'sku123' } })
  t.equal(own.json().sku, 'sku123', 'its own SKU may be written anew')
})

onEveryEngine('a SKU holds nothing that cannot be seen', async (t, engine) => {
  const { call, categoryId } = await buildShop(t, engine)
  const base = { name: 'x', price: '1', category_id: categoryId }
  for (const sku of [
    'a\u0000b',
    'a\tb',
    'a\nb',
    'a\u007fb',
    'a\u0085b',
    'a\u200bb',
    'a\u202eb',
    'a\u2028b',
    '\ufeffab\u00ad',
  ]) {
    const answer = await call('POST', '/products', { body: { ...base, sku } })
    t.equal(answer.statusCode, 422, encodeURIComponent(sku))
    t.equal(answer.json().errors[0].pointer, '#/sku')
  }
  t.equal((await call('POST', '/products', { body: { ...base, sku: 'x'.repeat(65) } })).statusCode, 422)
  t.equal((await call('POST', '/products', { body: { ...base, sku: ` ${'\ufdfa'.repeat(64)} ` } })).statusCode, 201)
  t.equal((await call('POST', '/products', { body: { ...base, name: '\ufdfa'.repeat(200) } })).statusCode, 201)
})

onEveryEngine('a SKU is made from the id, past those that are taken', async (t, engine) => {
  const { add, call } = await buildShop(t, engine)
  t.equal((await add()).sku, 'P-000001')
  await add({ sku: 'p-000003' })
  const third = await add()
  t.match(third, { id: 3, sku: 'P-000003-2' })
  const made = await Promise.all(Array.from({ length: 10 }, () => add()))
  for (const { id, sku } of made) t.equal(sku, `P-${String(id).padStart(6, '0')}`)
  t.equal((await call('GET', '/products/lookup/sku/p-000003-2')).json().id, third.id)
})

onEveryEngine('a refusal takes no id', async (t, engine) => {
  const { add, call, categoryId } = await buildShop(t, engine)
  await add({ sku: 'A', barcode: '96385074' })
  const base = { name: 'x', price: '1', category_id: categoryId }
  for (const body of [
    { sku: 'a' },
    { barcode: '96385074' },
    { sku: 'b', barcode: '96385074' },
    { barcode: '12345678' },
  ]) {
    t.ok((await call('POST', '/products', { body: { ...base, ...body } })).statusCode >= 409)
  }
  t.equal((await add()).id, 2)
})

onEveryEngine('a barcode is unique in its normal form', async (t, engine) => {
  const { call, add, categoryId } = await buildShop(t, engine)
  const { id } = await add({ barcode: '036000291452' })
  const base = { name: 'x', price: '1', category_id: categoryId }
  for (const barcode of ['036000291452', '0036000291452', '00036000291452', ' 0036000291452 ']) {
    const answer = await call('POST', '/products', { body: { ...base, barcode } })
    t.match(answer.json(), { status: 409, existing_id: id, errors: [{ pointer: '#/barcode' }] }, barcode)
  }
  t.match((await call('POST', '/products', { body: { ...base, barcode: '4006381333932' } })).json(), {
    status: 422,
    errors: [{ pointer: '#/barcode', detail: 'has a wrong check digit: 400638133393 is followed by 1, not 2' }],
  })
  for (const barcode of ['x'.repeat(49), 'caf\u00e9', '\u0661\u0662\u0663', 'a\u0000']) {
    t.equal((await call('POST', '/products', { body: { ...base, barcode } })).statusCode, 422, barcode)
  }
  const text = await add({ barcode: 'LOT 7/a' })
  t.equal((await call('POST', '/products', { body: { ...base, barcode: 'lot 7/A' } })).json().existing_id, text.id)
  t.equal((await add({ barcode: null })).barcode, null)
  t.equal((await add({ barcode: null })).barcode, null, 'none is not one')
})

onEveryEngine('both SKU and barcode are said to be taken, by whom', async (t, engine) => {
  const { call, add, categoryId } = await buildShop(t, engine)
  const first = await add({ sku: 'A' })
  const second = await add({ barcode: '96385074' })
  await call('POST', `/products/${first.id}/archive`)
  const body = { name: 'x', price: '1', category_id: categoryId, sku: 'a', barcode: '96385074' }
  const answer = (await call('POST', '/products', { body })).json()
  t.match(answer, { existing_id: first.id, detail: /archived/ })
  t.same(answer.errors, [
    { pointer: '#/sku', detail: `is taken by product ${first.id}` },
    { pointer: '#/barcode', detail: `is taken by product ${second.id}` },
  ])
})

onEveryEngine('of parallel requests for one SKU one succeeds and the others are told by whom', async (t, engine) => {
  const { call, add, categoryId } = await buildShop(t, engine)
  const body = { name: 'x', price: '1', category_id: categoryId, sku: 'SAME' }
  const made = await Promise.all(Array.from({ length: 10 }, () => call('POST', '/products', { body })))
  t.same(made.map((answer) => answer.statusCode).sort(), [201, ...Array(9).fill(409)])
  const winner = made.find((answer) => answer.statusCode === 201)?.json().id
  for (const answer of made.filter((each) => each.statusCode === 409)) t.equal(answer.json().existing_id, winner)

  const others = await Promise.all(Array.from({ length: 10 }, () => add()))
  for (const patch of [{ sku: 'Other' }, { barcode: '96385074' }]) {
    const changed = await Promise.all(others.map(({ id }) => call('PATCH', `/products/${id}`, { body: patch })))
    t.same(changed.map((answer) => answer.statusCode).sort(), [200, ...Array(9).fill(409)])
    const first = changed.find((answer) => answer.statusCode === 200)?.json().id
    for (const answer of changed.filter((each) => each.statusCode === 409)) t.equal(answer.json().existing_id, first)
  }
})

onEveryEngine('a product is found by SKU and by barcode, however they are written', async (t, engine) => {
  const { call, add } = await buildShop(t, engine)
  for (const sku of [
    'A/B',
    'C D',
    '50%',
    'a?b',
    'x#1',
    'a+b',
    "O'N",
    'ñandú',
    '日本',
    'a%2Fb',
    '😀',
    '"q"',
    'a\\b',
    '_',
    'by-sku',
  ]) {
    const { id } = await add({ sku })
    const found = await call('GET', `/products/lookup/sku/${encodeURIComponent(sku)}`)
    t.equal(found.statusCode, 200, sku)
    t.equal(found.json().id, id)
    t.equal(found.headers.etag, (await call('GET', `/products/${id}`)).headers.etag)
    const known = { headers: { 'if-none-match': String(found.headers.etag) } }
    t.equal((await call('GET', `/products/lookup/sku/${encodeURIComponent(sku)}`, known)).statusCode, 304)
  }
  const long = await add({ sku: '日'.repeat(64) })
  t.equal((await call('GET', `/products/lookup/sku/${encodeURIComponent('日'.repeat(64))}`)).json().id, long.id)
  t.equal((await call('GET', '/products/lookup/sku/%20c%C2%A0d%20')).json().sku, 'C D')

  const upc = await add({ barcode: '036000291452' })
  const lot = await add({ barcode: 'LOT/7 %' })
  for (const code of ['036000291452', '0036000291452', '00036000291452']) {
    t.equal((await call('GET', `/products/lookup/barcode/${code}`)).json().id, upc.id)
  }
  t.equal((await call('GET', `/products/lookup/barcode/${encodeURIComponent('lot/7 %')}`)).json().id, lot.id)
  await call('POST', `/products/${upc.id}/archive`)
  t.match((await call('GET', '/products/lookup/barcode/036000291452')).json(), { id: upc.id, is_active: false })
  t.match((await call('GET', `/products/lookup/sku/${upc.sku}`)).json(), { id: upc.id, is_active: false })

  for (const path of ['sku/none', 'barcode/none', 'barcode/4006381333932']) {
    t.match((await call('GET', `/products/lookup/${path}`)).json(), { status: 404, code: 'not_found' })
  }
  for (const path of ['sku/%00', 'sku/a%0Ab', 'barcode/%20', `sku/${'x'.repeat(65)}`]) {
    t.equal((await call('GET', `/products/lookup/${path}`)).statusCode, 400, path)
  }
})
