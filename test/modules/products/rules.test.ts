import { test } from 'tap'
import {
  identityFaults,
  identityKeys,
  madeSku,
  searchText,
  smallestPart,
  sortKey,
} from '../../../src/modules/products/rules.ts'

test('a SKU that looks like another is refused, and a barcode that was mistyped', async (t) => {
  t.same(identityFaults({}), [])
  for (const text of ['.', '..', '\uff0e', '\u2025']) {
    const errors = identityFaults({ sku: text, barcode: text.normalize('NFKC') })
    t.same(
      errors.map(({ pointer }) => pointer),
      ['#/sku', '#/barcode'],
      text,
    )
    t.match(errors, [{ detail: /no address/ }])
  }
  t.same(identityFaults({ sku: '...', barcode: '.a' }), [])
  t.same(identityFaults({ sku: 'TOR-M8 50/ñ', barcode: null }), [])
  t.same(identityFaults({ sku: 'A', barcode: '4006381333931' }), [])
  for (const sku of ['A\u200bB', '\ufeffA', 'A\tB', 'A\u2028B', 'A\u2029B', 'A\ud800B']) {
    t.match(
      identityFaults({ sku }),
      [{ pointer: '#/sku', detail: /cannot be seen/ }],
      encodeURIComponent(sku.toWellFormed()),
    )
  }
  t.match(identityFaults({ barcode: '4006381333932' }), [{ pointer: '#/barcode', detail: /check digit/ }])
  t.same(
    identityFaults({ sku: 'A\u200bB', barcode: '4006381333932' }).map(({ pointer }) => pointer),
    ['#/sku', '#/barcode'],
    'both at once',
  )
})

test('products are the same by the forms in which they are compared', async (t) => {
  t.same(identityKeys({ sku: ' tor-M8 ', barcode: null }), { sku_key: 'tor-m8', barcode_key: null })
  t.same(identityKeys({ sku: 'A', barcode: '036000291452' }), { sku_key: 'a', barcode_key: '00036000291452' })
})

test('a SKU is made of the id, and of a number when somebody took that', async (t) => {
  t.equal(madeSku(123, 1), 'P-000123')
  t.equal(madeSku(123, 2), 'P-000123-2')
  t.equal(madeSku(1_234_567, 1), 'P-1234567')
})

test('names are sorted without regard to case and accents, by a key that an index can hold', async (t) => {
  t.equal(sortKey('Ñandú'), 'nandu')
  t.equal(sortKey('x'.repeat(200)), 'x'.repeat(200))
  t.equal(sortKey('x'.repeat(500)), 'x'.repeat(200))
})

test('a search looks into name, SKU, barcode and description, each a line of its own', async (t) => {
  const product = { name: 'Tornillo Niño', sku: 'TOR-M8', barcode: '4006381333931', description: 'Acero' }
  t.equal(searchText(product), 'tornillo nino\ntor-m8\n4006381333931\nacero')
  t.equal(searchText({ ...product, barcode: null }), 'tornillo nino\ntor-m8\n\nacero')
})

test('the smallest part of a unit follows from its decimals', async (t) => {
  t.same([0, 1, 2, 3].map(smallestPart), [1000, 100, 10, 1])
})
