import '../../src/process/node-version.js'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Load, measure, median } from './bench/load.ts'
import { recordStatements, type Statements } from './bench/record.ts'
import { type Scenario, SEARCHES, scenariosOf } from './bench/scenarios.ts'
import { nameOf, seed } from './bench/seed.ts'
import { type Server, signToken, startServer, startService } from './bench/servers.ts'
import { startPostgres } from './embedded-postgres.ts'
import { freePort } from './free-port.ts'

/**
 * npm run bench -- [--engine sqlite|postgresql] [--products 10000,100000] [--seconds 2] [--rounds 3] [--only movement]
 *
 * Measures, interleaved in one run, the service with everything on beside (a) bare routes that answer the same bytes and
 * (b) handlers written by hand on the raw driver that run the same statements; on SQLite also (tuned) with the sign that
 * the service puts before each parameter, which makes them twice as fast. Ratios count; rates depend on the machine.
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

/** `tuned` is `byHand` with the text of the service's statements to the letter; on PostgreSQL they are the same. */
const CONTESTANTS = ['service', 'byHand', 'tuned', 'bare'] as const
type Contestant = (typeof CONTESTANTS)[number]
type Servers = Partial<Record<Contestant, Server>>

for (const engine of engines) {
  const costs = new Map<string, number[]>()
  for (const products of sizes) {
    console.log(`\n${engine}, ${products} products, ${rounds} rounds of ${seconds} s, 16 connections`)
    console.log(row('', 'service/s', 'by hand/s', 'tuned/s', 'bare/s', '÷ by hand', '÷ tuned', '÷ bare'))
    await withDatabase(engine, async (url) => {
      await withServers(url, products, async (servers, token, scenarios) => {
        for (const scenario of scenarios.filter(({ name }) => name.includes(options.only))) {
          const seen = await compare(scenario, servers, token)
          const rates = CONTESTANTS.map((name) => seen[name] && Math.round(median(seen[name])))
          const ratios = CONTESTANTS.slice(1).map((name) => seen[name] && ratio(seen.service, seen[name]).toFixed(2))
          console.log(row(scenario.name, ...[...rates, ...ratios].map((cell) => String(cell ?? '-'))))
          costs.set(scenario.name, [...(costs.get(scenario.name) ?? []), 1 / median(seen.service)])
        }
      })
    })
  }
  if (sizes.length < 2) continue
  console.log(`\n${engine}, cost of a request at ${sizes.at(-1)} products ÷ at ${sizes[0]}`)
  for (const [name, cost] of costs) console.log(row(name, ((cost.at(-1) as number) / (cost[0] as number)).toFixed(2)))
}

type Seen = { service: number[] } & Partial<Record<Contestant, number[]>>

/** Requests per second of each server in each round. */
async function compare(scenario: Scenario, servers: Servers, token: string): Promise<Seen> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const seen: Seen = { service: [] }
  const loads: [number[], Load][] = []
  for (const name of CONTESTANTS) {
    const origin = servers[name]?.origin
    if (origin === undefined) continue
    const rates: number[] = []
    seen[name] = rates
    loads.push([rates, { origin, headers, next: scenario[name === 'tuned' ? 'byHand' : name] }])
  }
  for (const [, load] of loads) await measure(load, 1)
  for (let round = 0; round < rounds; round += 1) {
    for (const [rates, load] of loads) rates.push(await measure(load, seconds))
  }
  return seen
}

/** The median of the ratios within each round. */
function ratio(mine: number[], theirs: number[]): number {
  return median(mine.map((rate, round) => rate / (theirs[round] as number)))
}

type Use = (servers: Servers, token: string, scenarios: Scenario[]) => Promise<void>

async function withServers(url: string, products: number, use: Use): Promise<void> {
  const { userId, sessionId } = await seed(url, products)
  const token = await signToken(userId, sessionId)
  const statements = await recordStatements(url, SEARCHES)
  const [port = 0, byHandPort = 0, tunedPort = 0, barePort = 0] = await Promise.all(CONTESTANTS.map(() => freePort()))
  const started: Server[] = []
  const start = async (server: Promise<Server>) => {
    started.push(await server)
    return started.at(-1) as Server
  }
  try {
    const service = await start(startService(url, port))
    const startByHand = (sqls: Statements, at: number) =>
      startServer('scripts/dev/bench/raw-server.ts', at, '/product/1', {
        BENCH_RAW: JSON.stringify({ url, statements: sqls, port: at }),
      })
    const byHand = await start(startByHand(asWrittenByHand(statements), byHandPort))
    const isSqlite = url.startsWith('sqlite:')
    const tuned = isSqlite ? await start(startByHand(statements, tunedPort)) : undefined
    const scenarios = scenariosOf(products, nameOf)
    const answers = await sampleAnswers(service, scenarios, token)
    const bareEnv = { BENCH_BARE: JSON.stringify({ answers, port: barePort }) }
    const bare = await start(startServer('scripts/dev/bench/bare-server.ts', barePort, '/low', bareEnv))
    await requireSameAnswers(byHand, answers)
    await use({ service, byHand, ...(tuned && { tuned }), bare }, token, scenarios)
  } finally {
    for (const server of started) await server.stop()
  }
}

/** Nobody writes the sign that the service puts before its parameters on SQLite (src/db/sqlite/dialect.ts). */
function asWrittenByHand(statements: Statements): Statements {
  return JSON.parse(JSON.stringify(statements).replaceAll('+?', '?'))
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
