import type { Change, Observer } from '../../src/http/effect.ts'
import type { Services } from '../../src/http/services.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../support/app.ts'

/** Does not compile once a module is given a store that it could write with past `Effects`. */
export const CANNOT_WRITE: Extract<keyof Services['store'], 'write' | 'exclusive'> extends never ? true : false = true

type Write = ['POST' | 'PATCH' | 'DELETE', path: string, body?: object, as?: 'supervisor']

const PASSWORD = 'caballo-grapa-correcta'
const product = (sku: string) => ({ name: 'Cubo', price: '1', category_id: 1, sku })

/** Every operation that changes something, each at least once, in an order in which all of them succeed. */
const STORY: Write[] = [
  ['POST', '/categories', { name: 'Varios' }],
  ['POST', '/categories', { name: 'Sobra' }],
  ['PATCH', '/categories/1', { name: 'Variado' }],
  ['DELETE', '/categories/2'],
  ['POST', '/products', product('A')],
  ['POST', '/products', product('B')],
  ['PATCH', '/products/1', { price: '2.50' }],
  ['POST', '/products/2/archive'],
  ['POST', '/products/2/restore'],
  ['DELETE', '/products/2'],
  ['POST', '/locations', { code: 'L2', name: 'Dos' }],
  ['PATCH', '/locations/2', { name: 'Segunda' }],
  ['POST', '/locations/2/archive'],
  ['POST', '/locations/2/restore'],
  ['POST', '/locations/2/default'],
  ['POST', '/locations', { code: 'L3', name: 'Tres' }],
  ['DELETE', '/locations/3'],
  ['POST', '/movements', { type: 'receipt', lines: [{ product_id: 1, quantity: 5 }] }],
  ['POST', '/movements/1/reversal'],
  ['PATCH', '/stock/1', { min_stock: 3 }],
  ['POST', '/users', { username: 'ana', email: 'ana@example.com', password: PASSWORD }],
  ['PATCH', '/users/6', { first_name: 'Ana' }],
  ['POST', '/users/6/deactivate'],
  ['POST', '/users/6/activate'],
  ['POST', '/users/6/password', { new_password: 'otra-frase-bien-larga' }],
  ['POST', '/auth/login', { username: 'ana', password: 'otra-frase-bien-larga' }],
  ['PATCH', '/auth/me', { first_name: 'Root' }],
  ['POST', '/auth/logout', undefined, 'supervisor'],
]

/** These change secrets and sessions only; what a password is replaced by is tested where passwords are. */
const ELSEWHERE = new Set(['refreshTokens', 'changeMyPassword'])

interface Told {
  actor: string | undefined
  requestId: string | undefined
  changes: readonly Change[]
}

function listener() {
  const told: Told[] = []
  const observe: Observer = async ({ actor, requestId }, changes) => {
    told.push({ actor: actor?.username, requestId, changes })
  }
  return { told, observe }
}

/** The operation that an address belongs to. */
async function operationOf({ app }: TestApp, method: string, path: string): Promise<string> {
  const { paths } = JSON.parse((await app.openApi()).json)
  const url = `/api/v1${path}`.replaceAll(/(?<=\/)\d+/g, '{id}')
  const found = Object.entries<Record<string, { operationId: string }>>(paths).find(
    ([template]) => template.replaceAll(/\{\w+\}/g, '{id}') === url,
  )
  return found?.[1][method.toLowerCase()]?.operationId ?? `${method} ${path}`
}

onEveryEngine('every write tells who did what, before and after, in its transaction', async (t, engine) => {
  const { told, observe } = listener()
  const app = await buildTestApp(t, engine, {}, { observers: [observe] })
  const seen = new Set<string>()
  for (const [method, path, body, as = 'admin'] of STORY) {
    told.length = 0
    const answer = await app.call(method, path, { as, body })
    t.ok(answer.statusCode < 300, `${method} ${path} answers ${answer.statusCode} ${answer.body}`)
    seen.add(await operationOf(app, method, path))
    const [write, ...more] = told.filter(({ changes }) => changes.length > 0)
    t.same(more, [], `${method} ${path} is one write`)
    t.equal(write?.requestId, answer.headers['x-request-id'])
    t.equal(write?.actor, path === '/auth/login' ? undefined : as)
    for (const { before, after } of write?.changes ?? []) {
      t.not(JSON.stringify(before), JSON.stringify(after), `${method} ${path} changed something`)
      t.notMatch(JSON.stringify([before, after]), /password|token_hash/)
      if (method === 'DELETE') t.equal(after, null)
      else t.ok(after)
    }
  }
  const { paths } = JSON.parse((await app.app.openApi()).json)
  const writes = Object.values<Record<string, { operationId: string }>>(paths).flatMap((item) =>
    ['post', 'patch', 'put', 'delete'].flatMap((method) => item[method]?.operationId ?? []),
  )
  t.same(
    writes.filter((id) => !seen.has(id) && !ELSEWHERE.has(id)),
    [],
    'every operation that writes is in STORY',
  )
})

onEveryEngine('what is told fails with the write, and the write with what is told', async (t, engine) => {
  let fails = true
  const { told, observe } = listener()
  const observers: Observer[] = [
    observe,
    async ({ trx }, [change]) => {
      await trx
        .updateTable('categories')
        .set({ description: 'seen' })
        .where('id', '=', change?.id ?? 0)
        .execute()
      if (fails) throw new Error('the trail is full')
    },
  ]
  const app = await buildTestApp(t, engine, {}, { observers })
  const body = { name: 'Varios' }
  const headers = { 'idempotency-key': 'k1' }
  t.equal((await app.call('POST', '/categories', { body, headers })).statusCode, 500)
  t.same((await app.call('GET', '/categories')).json().data, [], 'nothing was written')
  fails = false
  t.equal((await app.call('POST', '/categories', { body, headers })).statusCode, 201, 'the key is free')
  t.equal((await app.call('GET', '/categories')).json().data[0].description, 'seen', 'it is part of the write')
  told.length = 0
  await app.call('POST', '/categories', { body, headers })
  await app.call('POST', '/categories', { body })
  await app.call('PATCH', '/categories/1', { body })
  t.same(told, [], 'a repetition, a refusal and a patch that changes nothing tell nothing')
})
