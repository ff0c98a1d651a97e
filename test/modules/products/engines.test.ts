import tap, { type Test } from 'tap'
import type { Engine } from '../../../src/db/types.ts'
import { engines } from '../../support/databases.ts'
import { buildShop } from './support.ts'

type Step = [method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown]

const product = (name: string, fields: object = {}) => ({ name, price: '1.5', category_id: 1, ...fields })

const STEPS: Step[] = [
  ['POST', '/products', product('Árbol', { sku: 'A', barcode: '96385074', decimals: 3, unit: 'kg' })],
  ['POST', '/products', product('arbol')],
  ['POST', '/products', product('Zócalo', { sku: 'ａ' })],
  ['POST', '/products', product('Zócalo', { sku: 'Z/1', barcode: '0000096385074' })],
  ['POST', '/products', product('Zócalo', { sku: 'Z/1', description: 'uno\ndos\t"tres" %_\\' })],
  ['POST', '/products', product('😀 \u0041\u030a', { sku: '日本', barcode: 'x'.repeat(48) })],
  ['POST', '/products', product('ñandú', { category_id: 77, barcode: '12345670', sku: 'a\u200bb' })],
  ['POST', '/products', product('ñandú', { price: 1, colour: 'red' })],
  ['POST', '/products', product('ñandú', { price: '0.0001' })],
  ['PATCH', '/products/1', { decimals: 1, barcode: null, price: '19.99' }],
  ['PATCH', '/products/2', { sku: 'z/1' }],
  ['PATCH', '/products/2', { unit: 'caja', decimals: 2 }],
  ['POST', '/products/3/archive'],
  ['POST', '/products/3/archive'],
  ['POST', '/products', product('otra', { sku: 'z/1' })],
  ['POST', '/products/3/restore'],
  ['POST', '/products/4/archive'],
  ['DELETE', '/products/5'],
  ['DELETE', '/products/5'],
  ['POST', '/products', product('último')],
  ['GET', '/products/1'],
  ['GET', '/products/lookup/sku/z%2F1'],
  ['GET', '/products/lookup/barcode/nothing'],
  ...['name', 'sku', 'price', 'id'].flatMap((sort): Step[] => [
    ['GET', `/products?sort=${sort}&include_total=true`],
    ['GET', `/products?sort=${sort}&order=desc&archived=include&limit=2`],
  ]),
  ...['arbol', 'a', 'Å', '%_', '"tres"', 'uno tres', '日', 'P-0', '\\'].map(
    (q): Step => ['GET', `/products?archived=include&include_total=true&q=${encodeURIComponent(q)}`],
  ),
  ['GET', '/products?stock_status=out&price_min=1.5&price_max=2'],
  ['GET', '/products?archived=only'],
]

/** What a sequence of calls answers, apart from times, request ids and cursors, which hold times. */
async function answersOf(t: Test, engine: Engine): Promise<string[]> {
  const { call } = await buildShop(t, engine)
  const answers: string[] = []
  for (const [method, path, body] of STEPS) {
    const { statusCode, headers, body: text } = await call(method, path, { body })
    const masked = text
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/"instance":"[^"]*"/g, '"instance":""')
    answers.push([method, path, statusCode, headers.etag, headers.location, masked].join(' '))
  }
  return answers
}

tap.test('both engines answer the same calls with the same bytes', { skip: engines.length < 2 }, async (t) => {
  const [sqlite, postgresql] = await Promise.all([answersOf(t, 'sqlite'), answersOf(t, 'postgresql')])
  t.same(postgresql, sqlite)
  t.equal(sqlite.length, STEPS.length)
  t.equal(new Set(sqlite.map((answer) => answer.split(' ')[2])).size, 6, '200, 201, 204, 404, 409, 422 and no other')
})
