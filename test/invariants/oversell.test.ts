import type { Test } from 'tap'
import { buildTestApp, onEveryEngine, type TestApp } from '../support/app.ts'
import { startPeer } from '../support/peer.ts'
import { seedShop } from '../support/shop.ts'
import { levelOf, move, proofOf, tally } from '../support/stock.ts'
import { walk } from '../support/walk.ts'

const BUYERS = 50
const UNLIMITED = { RATE_LIMIT_MAX: '0' }

/** Sends a movement with a key of its own; answers status and code. */
type Sender = (body: object, key: string) => Promise<{ status: number; code: string | undefined }>

const inProcess = (app: TestApp): Sender => {
  return async (body, key) => {
    const options = { as: 'supervisor', body, headers: { 'idempotency-key': key } } as const
    const answer = await app.call('POST', '/movements', options)
    return { status: answer.statusCode, code: answer.json().code }
  }
}

async function twoProcesses(t: Test, app: TestApp): Promise<Sender[]> {
  const servers = await Promise.all([startPeer(t, app), startPeer(t, app)])
  return servers.map((server) => async (body, key) => {
    const { status, body: text } = await server.post('/movements', body, key)
    return { status, code: JSON.parse(text).code }
  })
}

async function sellTheLastUnit(t: Test, app: TestApp, senders: Sender[]): Promise<void> {
  const { products, locations } = await seedShop(app.store)
  const [product_id = 0] = products
  await move(app, 'receipt', [{ product_id, quantity: 1, unit_cost: '3.00' }])
  const body = { type: 'issue', lines: [{ product_id, quantity: 1 }] }
  const answers = await Promise.all(
    Array.from({ length: BUYERS }, (_, buyer) => (senders[buyer % senders.length] as Sender)(body, `buyer-${buyer}`)),
  )
  t.same(tally(answers.map((answer) => answer.status)), { 201: 1, 409: BUYERS - 1 })
  const refusals = answers.filter((answer) => answer.status === 409)
  t.same(new Set(refusals.map((answer) => answer.code)), new Set(['insufficient_stock']))
  t.equal((await levelOf(app, product_id, locations[0] as number)).quantity, 0)
  t.equal((await walk(app, '/movements?type=issue', 100)).length, 1, 'one issue is in the ledger')
  t.same((await proofOf(app)).differences, [])
  const again = await Promise.all(answers.map((_, buyer) => (senders[0] as Sender)(body, `buyer-${buyer}`)))
  t.same(again, answers, 'repeated, every buyer is told the same')
  t.equal((await walk(app, '/movements?type=issue', 100)).length, 1)
}

onEveryEngine('fifty buyers of the last unit: one gets it', async (t, engine) => {
  const app = await buildTestApp(t, engine, UNLIMITED)
  await sellTheLastUnit(t, app, [inProcess(app)])
})

onEveryEngine('fifty buyers of the last unit at two server processes: one gets it', async (t, engine) => {
  const app = await buildTestApp(t, engine, UNLIMITED)
  await sellTheLastUnit(t, app, await twoProcesses(t, app))
})

const EACH = 1000
const TRANSFERS = 300

/** Transfers that want the same rows in opposite orders, all at once. */
async function crossTransfers(t: Test, app: TestApp, senders: Sender[]): Promise<void> {
  const { products, locations } = await seedShop(app.store, [0, 0])
  const [main = 0, second = 0] = locations
  const everywhere = locations.flatMap((location_id) =>
    products.map((product_id) => ({ product_id, location_id, quantity: EACH, unit_cost: '1.2345' })),
  )
  t.equal((await move(app, 'receipt', everywhere)).statusCode, 201)
  const answers = await Promise.all(
    Array.from({ length: TRANSFERS }, (_, index) => {
      const there = index % 2 === 0
      const [location_id, to_location_id] = there ? [main, second] : [second, main]
      const order = index % 4 < 2 ? products : products.toReversed()
      const lines = order.map((product_id) => ({ product_id, location_id, to_location_id, quantity: 1 + (index % 7) }))
      return (senders[index % senders.length] as Sender)({ type: 'transfer', lines }, `transfer-${index}`)
    }),
  )
  t.same(tally(answers.map((answer) => answer.status)), { 201: TRANSFERS }, 'none fails')
  for (const product_id of products) {
    const stock = (await app.call('GET', `/products/${product_id}/stock`)).json()
    t.equal(stock.quantity, EACH * locations.length, 'nothing is made or lost by moving it about')
  }
  t.same((await proofOf(app)).differences, [])
}

onEveryEngine('transfers in opposite directions never fail each other', async (t, engine) => {
  const app = await buildTestApp(t, engine, UNLIMITED)
  await crossTransfers(t, app, [inProcess(app)])
})

onEveryEngine('transfers in opposite directions at two processes never fail each other', async (t, engine) => {
  const app = await buildTestApp(t, engine, UNLIMITED)
  await crossTransfers(t, app, await twoProcesses(t, app))
})
