/** A server killed again and again while it works, and what is left of what it answered. */
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { Test } from 'tap'
import { buildTestApp, onEveryEngine, type TestApp } from './app.ts'
import { type Peer, type Reply, startPeer } from './peer.ts'
import { Random } from './random.ts'
import { seedShop } from './shop.ts'
import { proofOf } from './stock.ts'
import { walk } from './walk.ts'

const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32))
const CONNECTIONS = 6

/** One request, and what became of it; no reply when the process died first. */
interface Attempt {
  key: string
  body: object
  reply?: Reply
}

type Post = Peer['post']

/** Sends one movement after another until the process is gone. */
async function load(post: Post, attempts: Attempt[], next: () => Attempt): Promise<void> {
  for (;;) {
    const attempt = next()
    attempts.push(attempt)
    try {
      attempt.reply = await post('/movements', attempt.body, attempt.key)
    } catch {
      return
    }
  }
}

/** Movements of which some are refused, each with its key as reference, so that the ledger tells how often it took effect. */
function movements(random: Random, products: number[], round: number): () => Attempt {
  let count = 0
  return () => {
    count += 1
    const key = `round-${round}-${count}`
    const type = random.pick(['receipt', 'issue'])
    const cost = type === 'receipt' ? { unit_cost: `${random.below(50)}.37` } : {}
    const lines = [{ product_id: random.pick(products), quantity: 1 + random.below(5), ...cost }]
    return { key, body: { type, reference: key, lines } }
  }
}

/** Repeats every attempt, and then once more: one effect, one answer. */
async function repeat(t: Test, post: Post, attempts: Attempt[]): Promise<void> {
  let changed = 0
  let unanswered = 0
  for (const attempt of attempts) {
    const reply = await post('/movements', attempt.body, attempt.key)
    if (attempt.reply === undefined) unanswered += 1
    const first = attempt.reply ?? reply
    const again = attempt.reply === undefined ? await post('/movements', attempt.body, attempt.key) : reply
    if (again.status !== first.status || again.body !== first.body || !again.replayed) changed += 1
    attempt.reply = first
  }
  t.equal(changed, 0, `${attempts.length} keys, ${unanswered} of them unanswered, are answered once and for all`)
}

const inProcess = (app: TestApp): Post => {
  return async (path, body, key) => {
    const answer = await app.call('POST', path, { as: 'supervisor', body, headers: { 'idempotency-key': key } })
    return { status: answer.statusCode, body: answer.body, replayed: answer.headers['idempotency-replayed'] === 'true' }
  }
}

async function checkLedger(t: Test, app: TestApp, attempts: Attempt[]): Promise<void> {
  const rows = await walk<{ id: number; reference: string }>(app, '/movements', 100)
  const written = new Map(rows.map((row) => [row.reference, row.id]))
  t.equal(written.size, rows.length, 'no key took effect twice')
  const answered = attempts.filter((attempt) => attempt.reply?.status === 201)
  const lost = answered.filter(({ key, reply }) => written.get(key) !== JSON.parse(reply?.body ?? '{}').id)
  t.same(lost, [], 'every movement that was answered is in the ledger')
  t.equal(rows.length, answered.length, 'and nothing else is')
  t.same((await proofOf(app)).differences, [])
}

/** Declares the tests: so many kills on every engine. */
export function killUnderLoad(rounds: number): void {
  onEveryEngine(`a server killed under load loses and doubles nothing (seed ${SEED})`, async (t, engine) => {
    const app = await buildTestApp(t, engine, { RATE_LIMIT_MAX: '0' }, { onDisk: true })
    const { products } = await seedShop(app.store, [0, 0, 0])
    const random = new Random(SEED)
    let before: Attempt[] = []
    const all: Attempt[] = []
    for (let round = 1; round <= rounds; round += 1) {
      const server = await startPeer(t, app)
      await repeat(t, server.post, before)
      const attempts: Attempt[] = []
      const next = movements(random, products, round)
      const clients = Array.from({ length: CONNECTIONS }, () => load(server.post, attempts, next))
      // Killed in the middle of its work, however long it took to begin.
      while (!attempts.some((attempt) => attempt.reply?.status === 201)) await sleep(5)
      await sleep(random.below(500))
      await server.end('SIGKILL')
      await Promise.all(clients)
      const open = new Set(attempts.filter((attempt) => attempt.reply === undefined))
      // Answered ones are many: the last of them are those a lost commit would hit.
      before = [...open, ...attempts.filter((attempt) => !open.has(attempt)).slice(-60)]
      all.push(...attempts)
    }
    await repeat(t, inProcess(app), before)
    await checkLedger(t, app, all)
    if (engine !== 'sqlite') return
    const file = new Database(app.url.replace(/^sqlite:/, ''), { readonly: true })
    t.same(file.pragma('integrity_check'), [{ integrity_check: 'ok' }])
    t.same(file.pragma('foreign_key_check'), [])
    file.close()
  })
}
