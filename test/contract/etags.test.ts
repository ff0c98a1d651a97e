import type { LightMyRequestResponse } from 'fastify'
import { logIn, makeUser } from '../support/accounts.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../support/app.ts'
import { committedContract } from '../support/contract.ts'

const BARCODE = '7501031311309'

/** Addresses that answer with an ETag, by their operation. */
const ADDRESSES: Record<string, string> = {
  getMe: '/auth/me',
  getUser: '/users/6',
  getCategory: '/categories/1',
  getProduct: '/products/1',
  getProductBySku: '/products/lookup/sku/T-1',
  getProductByBarcode: `/products/lookup/barcode/${BARCODE}`,
  getLocation: '/locations/1',
  getStockLevel: '/stock/1',
  getMovement: '/movements/1',
}

const PRODUCT = ['getProduct', 'getProductByBarcode', 'getProductBySku']

type Send = (app: TestApp) => Promise<LightMyRequestResponse>

const post =
  (path: string, body: object): Send =>
  ({ call }) =>
    call('POST', path, { body })

const patch =
  (path: string, body: object): Send =>
  ({ call }) =>
    call('PATCH', path, { body })

const receipt = (quantity: number) => post('/movements', { type: 'receipt', lines: [{ product_id: 1, quantity }] })

/** By another door than one's own account has. */
const renameMe: Send = async ({ call }) => {
  const { id } = (await call('GET', '/auth/me')).json()
  return await call('PATCH', `/users/${id}`, { body: { username: 'jefa' } })
}

/** What happens, one after another, and which of the addresses show it. */
const STEPS: [string, Send, string[]][] = [
  ['the first login', ({ app }) => logIn(app), ['getUser']],
  ['another login', ({ app }) => logIn(app), ['getUser']],
  ['a user changed', patch('/users/6', { last_name: 'Ruiz' }), ['getUser']],
  ['an own name', patch('/auth/me', { first_name: 'Eva' }), ['getMe']],
  ['a receipt', receipt(3), [...PRODUCT, 'getStockLevel']],
  ['a minimum', patch('/stock/1', { min_stock: 2 }), ['getStockLevel']],
  ['a category renamed', patch('/categories/1', { name: 'Otra' }), ['getCategory', ...PRODUCT]],
  ['a category made', post('/categories', { name: 'Nueva' }), []],
  ['a product made', post('/products', { name: 'Tuerca', price: '1', category_id: 1 }), ['getCategory']],
  ['a product renamed', patch('/products/1', { name: 'Perno' }), [...PRODUCT, 'getStockLevel', 'getMovement']],
  ['another product changed', patch('/products/2', { name: 'Arandela' }), []],
  ['a code changed', patch('/locations/1', { code: 'CENTRO' }), ['getLocation', 'getStockLevel']],
  ['a recorder renamed', renameMe, ['getMovement', 'getMe']],
  ['a reversal', post('/movements/1/reversal', {}), ['getMovement', ...PRODUCT, 'getStockLevel']],
] // biome-ignore format: a step a line

onEveryEngine('an ETag changes when what it stands for does, and only then', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const contract = committedContract()
  const tagged = contract.operations.filter(({ operation }) =>
    operation.parameters?.some((one: object) => contract.resolve(one).name === 'If-None-Match'),
  )
  const ids: string[] = tagged.map(({ operation }) => operation.operationId)
  t.same(
    Object.keys(ADDRESSES).sort(),
    ids.sort(),
    'every address with an ETag is in ADDRESSES, and what changes it in STEPS',
  )
  if (ids.some((id) => !(id in ADDRESSES))) return
  await seed(app)

  const read = (id: string, known?: string) =>
    app.call('GET', ADDRESSES[id] as string, { headers: known === undefined ? {} : { 'if-none-match': known } })
  let before = new Map(await Promise.all(ids.map(async (id) => [id, await read(id)] as const)))
  for (const [step, send, changed] of STEPS) {
    const answer = await send(app)
    t.ok(answer.statusCode < 300, `${step}: ${answer.body}`)
    const after = new Map<string, LightMyRequestResponse>()
    for (const id of ids) {
      const [old, now] = [before.get(id) as LightMyRequestResponse, await read(id)]
      after.set(id, now)
      const isChanged = changed.includes(id)
      t.equal(now.body !== old.body, isChanged, `${step}: whether ${id} shows it`)
      t.equal(now.headers.etag !== old.headers.etag, isChanged, `${step}: whether the ETag of ${id} says so`)
      const asked = await read(id, String(old.headers.etag))
      t.same([asked.statusCode, asked.body], isChanged ? [200, now.body] : [304, ''], `${step}: ${id} asked again`)
    }
    before = after
    // What a write answers with is the tag that a read gives.
    const written = ids.filter((id) => after.get(id)?.body === answer.body).map((id) => after.get(id)?.headers.etag)
    if (answer.headers.etag !== undefined && written.length > 0)
      t.same([...new Set(written)], [answer.headers.etag], step)
  }
  t.same(
    ids.filter((id) => !STEPS.some(([, , changed]) => changed.includes(id))),
    [],
    'each is changed by a step',
  )
})

async function seed(app: TestApp): Promise<void> {
  await makeUser(app)
  const { call } = app
  await call('POST', '/categories', { body: { name: 'Una' } })
  const product = { name: 'Tornillo', price: '1', category_id: 1, sku: 'T-1', barcode: BARCODE }
  await call('POST', '/products', { body: product })
  await receipt(1)(app)
}
