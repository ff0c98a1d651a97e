/** The service beside a model of it: the same operations at both, and every answer compared. */
import { createHash } from 'node:crypto'
import type { LightMyRequestResponse } from 'fastify'
import tap, { type Test } from 'tap'
import { buildTestApp, onEveryEngine, type TestApp } from './app.ts'
import { Random } from './random.ts'
import { seedShop } from './shop.ts'
import { costOf, proofOf } from './stock.ts'
import { type Line, type MovementType, Refusal, StockModel } from './stock-model.ts'
import { bodyOf, decimal, randomMovement, readMoney, type World } from './stock-operations.ts'
import { walk } from './walk.ts'

/** `MODEL_SEED=… npm test -- test/invariants/model.test.ts` repeats a run. */
const SEED = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 32))
const CHECK_EVERY = 200
const DECIMALS = [0, 1, 2, 3]

const digests = new Map<string, string>()

/** One run: the service, the model beside it, and a digest of every answer. */
class Run {
  readonly t: Test
  readonly app: TestApp
  readonly world: World
  readonly random = new Random(SEED)
  readonly digest = createHash('sha256')
  readonly instants: string[] = []
  operation = 0

  constructor(t: Test, app: TestApp, world: World) {
    this.t = t
    this.app = app
    this.world = world
  }

  /** Counts an answer in the digest, with what differs from run to run masked. */
  take(answer: LightMyRequestResponse): LightMyRequestResponse {
    const mask = (key: string, value: unknown) => (/_at$|^instance$|^actor_id$/.test(key) ? 'masked' : value)
    this.digest.update(`${answer.statusCode} ${JSON.stringify(JSON.parse(answer.body, mask))}\n`)
    return answer
  }

  async step(): Promise<void> {
    this.operation += 1
    const kind = this.random.below(100)
    if (kind < 80) await this.move()
    else if (kind < 90) await this.reverse()
    else if (kind < 95) await this.setMinimum()
    else await this.archiveOrRestore()
  }

  async move(): Promise<void> {
    const { model } = this.world
    const request = randomMovement(this.random, this.world)
    const planned = model.plan(request.type, request.lines)
    const answer = this.take(await this.app.call('POST', '/movements', { body: bodyOf(request, model.main) }))
    this.settle(planned, answer, request.type)
  }

  async reverse(): Promise<void> {
    const { model } = this.world
    const id = 1 + this.random.below(model.movements.size + 2)
    const planned = model.planReversal(id)
    const answer = this.take(await this.app.call('POST', `/movements/${id}/reversal`))
    this.settle(planned, answer, model.movements.get(id)?.type ?? 'receipt', id)
  }

  settle(planned: Line[] | Refusal, answer: LightMyRequestResponse, type: MovementType, of?: number): void {
    const body = answer.json()
    const where = `operation ${this.operation}: ${answer.body}`
    if (planned instanceof Refusal) {
      if (answer.statusCode !== planned.status || body.code !== planned.code) this.t.match(body, planned, where)
      return
    }
    if (answer.statusCode !== 201) return void this.t.equal(answer.statusCode, 201, where)
    const told = body.lines.map((line: { quantity: number; value: string }) => [line.quantity, readMoney(line.value)])
    const ordered = planned.toSorted((a, b) => a.number - b.number)
    const wanted = ordered.map((line) => [decimal(line.quantity), line.value])
    if (String(told) !== String(wanted)) this.t.same(told, wanted, where)
    const times = { effective: body.effective_at, recorded: body.recorded_at }
    this.world.model.apply(body.id, type, planned, times, of)
    if (this.random.chance(3)) this.instants.push(body.recorded_at)
  }

  async setMinimum(): Promise<void> {
    const { model } = this.world
    const level = this.random.pick([...model.levels.values()].filter((one) => !model.archived.has(one.location)))
    const min = BigInt(this.random.below(20_000))
    const unit = 10n ** BigInt(3 - (model.decimals.get(level.product) as number))
    const path = `/stock?product_id=${level.product}&location_id=${level.location}`
    const { id, version } = this.take(await this.app.call('GET', path)).json().data[0]
    const headers = { 'if-match': `"${version}"` }
    const body = { min_stock: decimal(min) }
    const answer = this.take(await this.app.call('PATCH', `/stock/${id}`, { body, headers }))
    const allowed = min % unit === 0n
    if (answer.statusCode !== (allowed ? 200 : 422)) this.t.fail(`operation ${this.operation}: ${answer.body}`)
    if (allowed) level.min = min
  }

  async archiveOrRestore(): Promise<void> {
    const { model, locations } = this.world
    const location = this.random.pick(locations)
    const restore = model.archived.has(location)
    if (!restore && location !== model.main && this.random.chance(60)) await this.empty(location)
    const occupied = [...model.levels.values()].some((level) => level.location === location && level.quantity > 0n)
    const answer = this.take(await this.app.call('POST', `/locations/${location}/${restore ? 'restore' : 'archive'}`))
    const refused = !restore && (location === model.main || occupied)
    if (answer.statusCode !== (refused ? 409 : 200)) this.t.fail(`operation ${this.operation}: ${answer.body}`)
    if (restore) model.archived.delete(location)
    else if (!refused) model.archived.add(location)
  }

  /** Counts nothing of anything at a location. */
  async empty(location: number): Promise<void> {
    const { model, products } = this.world
    const lines = products.map((product) => ({ product, location, quantity: 0n }))
    const body = bodyOf({ type: 'count', lines, effective: undefined }, model.main)
    this.settle(model.plan('count', lines), this.take(await this.app.call('POST', '/movements', { body })), 'count')
  }
}

async function checkLevels({ t, app, world: { model }, operation }: Run): Promise<void> {
  const rows = await walk<{ product_id: number; location_id: number; quantity: number; min_stock: number }>(
    app,
    '/stock',
    7,
  )
  const told = rows.map((row) => `${row.product_id}/${row.location_id}: ${row.quantity} min ${row.min_stock}`)
  const wanted = [...model.levels.values()]
    .filter((level) => !model.archived.has(level.location))
    .map((level) => `${level.product}/${level.location}: ${decimal(level.quantity)} min ${decimal(level.min)}`)
  t.same(told.sort(), wanted.sort(), `levels after ${operation} operations`)
  for (const [product, { quantity, value }] of model.totals) {
    const cost = await costOf(app, product)
    t.same([BigInt(cost.quantity), BigInt(cost.value)], [quantity, value], `product ${product} after ${operation}`)
    t.ok(quantity > 0n || value === 0n, 'nothing is worth nothing')
    t.equal((await app.call('GET', `/products/${product}/stock`)).json().quantity, decimal(quantity))
  }
}

async function checkHistory({ t, app, world: { model, products, locations }, random }: Run): Promise<void> {
  const product = random.pick(products)
  const location = random.pick(locations)
  const entries = model.entries.filter((entry) => entry.product === product)
  const running = (change: (entry: (typeof entries)[number]) => bigint, some = entries) => {
    let balance = 0n
    return some.map((entry) => {
      balance += change(entry)
      return {
        movement_id: entry.movement,
        line_number: entry.number,
        change: decimal(change(entry)),
        balance: decimal(balance),
      }
    })
  }
  const overall = running((entry) => (entry.from === null ? entry.quantity : entry.to === null ? -entry.quantity : 0n))
  t.match(await walk(app, `/products/${product}/movements`, 23), overall.toReversed(), 'the history of a product')
  const here = entries.filter((entry) => entry.from === location || entry.to === location)
  const local = running((entry) => (entry.to === location ? entry.quantity : -entry.quantity), here)
  const told = await walk(app, `/stock/explain?product_id=${product}&location_id=${location}`, 23)
  t.match(told, local, 'the explanation of a level')
  t.equal(told.length, local.length)
}

async function checkPast(run: Run): Promise<void> {
  const { t, app, world, random, instants } = run
  const february = `2024-02-${String(1 + random.below(28)).padStart(2, '0')}T12:00:00.000Z`
  for (const instant of [february, ...(instants.length > 0 ? [random.pick(instants)] : [])]) {
    for (const clock of ['effective', 'recorded'] as const) {
      const product = random.pick(world.products)
      const answer = await app.call('GET', `/products/${product}/stock?as_of=${instant}&clock=${clock}`)
      if (instant === february) run.take(answer)
      for (const level of answer.json().levels) {
        const wanted = world.model.asOf(product, level.location_id, clock, instant)
        t.equal(level.quantity, decimal(wanted), `product ${product} by ${instant} (${clock})`)
      }
    }
  }
}

async function checkProof({ t, app, world: { model } }: Run): Promise<void> {
  const proof = await proofOf(app)
  t.same(proof.differences, [])
  t.match(proof.checked, { movements: model.movements.size, lines: model.entries.length, levels: model.levels.size })
}

/** Declares the tests: so many operations on every engine, and the same answers from all. */
export function compareWithModel(operations: number): void {
  onEveryEngine(`the service and a simple model agree (seed ${SEED})`, async (t, engine) => {
    const app = await buildTestApp(t, engine, { RATE_LIMIT_MAX: '0' })
    const { products, locations } = await seedShop(app.store, DECIMALS, 2)
    const decimals = new Map(products.map((product, index) => [product, DECIMALS[index] as number]))
    const run = new Run(t, app, { products, locations, model: new StockModel(decimals, locations[0] as number) })
    while (run.operation < operations && t.passing()) {
      await run.step()
      if (run.operation % CHECK_EVERY > 0) continue
      await checkLevels(run)
      await checkHistory(run)
      await checkPast(run)
      await checkProof(run)
    }
    digests.set(engine, run.digest.digest('hex'))
  })

  tap.test('every engine answered the same', async (t) => {
    t.equal(new Set(digests.values()).size, 1)
  })
}
