import '../src/node-version.js'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Load, measure, median } from './bench/load.ts'
import { recordStatements } from './bench/record.ts'
import { type Scenario, SEARCHES, scenariosOf } from './bench/scenarios.ts'
import { nameOf, seed } from './bench/seed.ts'
import { type Server, signToken, startServer, startService } from './bench/servers.ts'
import { startPostgres } from './embedded-postgres.ts'
import { freePort } from './free-port.ts'

/**
 * npm run bench -- [--engine sqlite|postgresql] [--products 10000,100000] [--seconds 2] [--rounds 3] [--only movement]
 *
 * Measures, interleaved in one run, the service with everything on beside (a) bare routes that answer the same bytes and
 * (b) handlers written by hand on the raw driver that run the same statements. Ratios count; rates depend on the machine.
 */
const { values: options } = parseArgs({
  options: {
    engine: { type: 'string' },
    products: { type: 'string', default: '10000,100000' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
})
const engines = options.engine ? [options.engine] : ['sqlite', 'postgresql']
const sizes = options.products.split(',').map(Number)
const seconds = Number(options.seconds)
const rounds = Number(options.rounds)

interface Rates {
  service: number
  byHand: number
  bare: number
  /** Medians of the ratios within each round. */
  toByHand: number
  toBare: number
}

for (const engine of engines) {
  const costs = new Map<string, number[]>()
  for (const products of sizes) {
    console.log(`\n${engine}, ${products} products, ${rounds} rounds of ${seconds} s, 16 connections`)
    console.log(row('', 'service/s', 'by hand/s', 'bare/s', '÷ by hand', '÷ bare'))
    await withDatabase(engine, async (url) => {
      await withServers(url, products, async (servers, token, scenarios) => {
        for (const scenario of scenarios.filter(({ name }) => name.includes(options.only))) {
          const rates = await compare(scenario, servers, token)
          const { service, byHand, bare, toByHand, toBare } = rates
          console.log(
            row(scenario.name, whole(service), whole(byHand), whole(bare), toByHand.toFixed(2), toBare.toFixed(2)),
          )
          costs.set(scenario.name, [...(costs.get(scenario.name) ?? []), 1 / service])
        }
      })
    })
  }
  if (sizes.length < 2) continue
  console.log(`\n${engine}, cost of a request at ${sizes.at(-1)} products ÷ at ${sizes[0]}`)
  for (const [name, cost] of costs) console.log(row(name, ((cost.at(-1) as number) / (cost[0] as number)).toFixed(2)))
}

async function compare(
  scenario: Scenario,
  servers: Record<'service' | 'byHand' | 'bare', Server>,
  token: string,
): Promise<Rates> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const load = (name: 'service' | 'byHand' | 'bare'): Load => ({
    origin: servers[name].origin,
    headers,
    next: scenario[name],
  })
  const seen: Record<'service' | 'byHand' | 'bare', number[]> = { service: [], byHand: [], bare: [] }
  for (const name of ['service', 'byHand', 'bare'] as const) await measure(load(name), 1)
  for (let round = 0; round < rounds; round += 1) {
    for (const name of ['service', 'byHand', 'bare'] as const) seen[name].push(await measure(load(name), seconds))
  }
  const ratios = (to: 'byHand' | 'bare') =>
    median(seen.service.map((rate, index) => rate / (seen[to][index] as number)))
  return {
    service: median(seen.service),
    byHand: median(seen.byHand),
    bare: median(seen.bare),
    toByHand: ratios('byHand'),
    toBare: ratios('bare'),
  }
}

type Use = (
  servers: Record<'service' | 'byHand' | 'bare', Server>,
  token: string,
  scenarios: Scenario[],
) => Promise<void>

async function withServers(url: string, products: number, use: Use): Promise<void> {
  const { userId, sessionId } = await seed(url, products)
  const token = await signToken(userId, sessionId)
  const statements = await recordStatements(url, SEARCHES)
  const [port = 0, byHandPort = 0, barePort = 0] = await Promise.all([freePort(), freePort(), freePort()])
  const started: Server[] = []
  const start = async (server: Promise<Server>) => {
    started.push(await server)
    return started.at(-1) as Server
  }
  try {
    const service = await start(startService(url, port))
    const byHandEnv = { BENCH_RAW: JSON.stringify({ url, statements, port: byHandPort }) }
    const byHand = await start(startServer('scripts/bench/raw-server.ts', byHandPort, '/product/1', byHandEnv))
    const scenarios = scenariosOf(products, nameOf)
    const answers = await sampleAnswers(service, scenarios, token)
    const bareEnv = { BENCH_BARE: JSON.stringify({ answers, port: barePort }) }
    const bare = await start(startServer('scripts/bench/bare-server.ts', barePort, '/low', bareEnv))
    await requireSameAnswers(byHand, answers)
    await use({ service, byHand, bare }, token, scenarios)
  } finally {
    for (const server of started) await server.stop()
  }
}

/** One answer of the service for each scenario, which the bare server gives back. */
async function sampleAnswers(service: Server, scenarios: Scenario[], token: string): Promise<Record<string, string>> {
  const names = ['product', 'page', 'search/few', 'search/common', 'low', 'movement']
  const entries = names.map(async (name, index) => {
    const { method, path, body } = (scenarios[index] as Scenario).service()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(service.origin + (name === 'product' ? '/api/v1/products/1' : path), {
      method,
      headers,
      ...(body ? { body } : {}),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return [name, await answer.text()] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** The hand-written handlers must do the same work, or the ratios would say nothing. */
async function requireSameAnswers(byHand: Server, answers: Record<string, string>): Promise<void> {
  for (const name of ['product', 'search/few', 'search/common', 'low']) {
    const answer = await fetch(`${byHand.origin}/${name}${name === 'product' ? '/1' : ''}`)
    const mine = (await answer.json()) as { data?: unknown }
    const theirs = JSON.parse(answers[name] as string) as { data?: unknown }
    if (JSON.stringify(mine.data ?? mine) !== JSON.stringify(theirs.data ?? theirs))
      throw new Error(`the answers to ${name} differ`)
  }
}

async function withDatabase(engine: string, use: (url: string) => Promise<void>): Promise<void> {
  if (engine === 'postgresql') {
    const server = await startPostgres({
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      shared_buffers: '256MB',
    })
    await use(server.url).finally(() => server.stop())
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'stock-bench-'))
  await use(`sqlite:${join(folder, 'stock.db')}`).finally(() => rmSync(folder, { recursive: true, force: true }))
}

function row(name: string, ...cells: string[]): string {
  return name.padEnd(26) + cells.map((cell) => cell.padStart(11)).join('')
}

function whole(rate: number): string {
  return String(Math.round(rate))
}
