import { Cursors } from '../../../src/http/paging.ts'
import { identityKey } from '../../../src/values/text.ts'
import type { Load } from './load.ts'
import { SECRETS } from './servers.ts'

/** What is searched for: words that a few products hold, and a word that all of them hold. */
export const SEARCHES = { few: `ferre ${(500 * 7919) % 1_000_003}`, common: 'ferre' }

/** One thing to measure: what is asked of the service, and what of the hand-written and the bare server. */
export interface Scenario {
  name: string
  service: Load['next']
  byHand: Load['next']
  bare: Load['next']
}

const LIST = '/api/v1/products?limit=50&sort=name'
const PLACES = 50

/** The scenarios for a database of so many products; `at` answers the name of a product, to begin deep pages after it. */
export function scenariosOf(products: number, nameOf: (id: number) => string): Scenario[] {
  const id = () => 1 + Math.floor(Math.random() * products)
  const deep = deepPages(products, nameOf)
  const place = () => deep[Math.floor(Math.random() * deep.length)] as (typeof deep)[number]
  const movement = (product_id: number) => JSON.stringify({ type: 'issue', lines: [{ product_id, quantity: 1 }] })
  const byHand = (product_id: number) => JSON.stringify({ product_id, quantity: 1 })
  const post = (path: string, body: string) => ({ method: 'POST', path, body })
  return [
    same(
      'product by id',
      () => `/api/v1/products/${id()}`,
      () => `/product/${id()}`,
      '/product/1',
    ),
    same(
      'deep page of 50',
      () => place().service,
      () => place().byHand,
      '/page',
    ),
    ...Object.entries(SEARCHES).map(([kind, words]) =>
      same(
        `search, ${kind}`,
        () => `/api/v1/products?limit=50&q=${encodeURIComponent(words)}`,
        () => `/search/${kind}`,
        `/search/${kind}`,
      ),
    ),
    same(
      'low stock',
      () => '/api/v1/stock/low?limit=50',
      () => '/low',
      '/low',
    ),
    {
      name: 'movement, random product',
      service: () => post('/api/v1/movements', movement(id())),
      byHand: () => post('/movement', byHand(id())),
      bare: () => post('/movement', byHand(1)),
    },
    {
      name: 'movement, one product',
      service: () => post('/api/v1/movements', movement(1)),
      byHand: () => post('/movement', byHand(1)),
      bare: () => post('/movement', byHand(1)),
    },
  ]
}

function same(name: string, service: () => string, byHand: () => string, bare: string): Scenario {
  const get = (path: string) => ({ method: 'GET', path })
  return { name, service: () => get(service()), byHand: () => get(byHand()), bare: () => get(bare) }
}

/** Pages that begin after products in the second half of the list, as a client that walked there would ask for them. */
function deepPages(products: number, nameOf: (id: number) => string) {
  const keys = Array.from({ length: products }, (_, index) => ({
    id: index + 1,
    value: identityKey(nameOf(index + 1)),
  }))
  keys.sort((a, b) => (a.value < b.value ? -1 : 1))
  const cursors = new Cursors(SECRETS.SECRET_KEY)
  return Array.from({ length: PLACES }, (_, index) => {
    const after = keys[Math.floor(products / 2 + (index * products) / (2 * PLACES + 2))] as {
      id: number
      value: string
    }
    const query = { sort: 'name', order: 'asc', archived: 'exclude' }
    const cursor = cursors.write({ url: LIST, query } as never, after)
    const byHand = new URLSearchParams({ after_value: after.value, after_id: String(after.id) })
    return { service: `${LIST}&cursor=${cursor}`, byHand: `/page?${byHand}` }
  })
}
