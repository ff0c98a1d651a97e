import Database from 'better-sqlite3'
import Fastify from 'fastify'
import pg from 'pg'
import { types } from '../../../src/db/postgres/values.ts'
import { parseDatabaseUrl } from '../../../src/db/url.ts'
import { toProduct } from '../../../src/modules/products/view.ts'
import { toLevel } from '../../../src/modules/stock/levels/view.ts'
import { fromThousandths } from '../../../src/values/quantity.ts'
import type { Recorded, Statements } from './record.ts'

// The measure: Fastify handlers written by hand on the raw driver, with the service's own statements, prepared, one
// transaction for each movement; no token, no validation, no layers, no log.

type Row = Record<string, number>
type Values = Record<string, unknown>
type Run = (statement: Recorded, name: string, values: Values) => Row[] | Promise<Row[]>

const { url, statements, port } = JSON.parse(process.env.BENCH_RAW as string) as {
  url: string
  statements: Statements
  port: number
}
const target = parseDatabaseUrl(url)
const engine = target.engine === 'sqlite' ? openSqlite(target.file) : openPostgres(target.connection as pg.ClientConfig)
const app = Fastify()

const bind = ({ parameters }: Recorded, values: Values) =>
  parameters.map((parameter) => ('slot' in parameter ? values[parameter.slot] : parameter.value))

function openSqlite(file: string) {
  const database = new Database(file)
  for (const pragma of ['journal_mode = wal', 'synchronous = full', 'foreign_keys = on']) database.pragma(pragma)
  const prepared = new Map<string, Database.Statement>()
  const run: Run = (statement, name, values) => {
    const query = prepared.get(name) ?? database.prepare(statement.sql)
    prepared.set(name, query)
    const parameters = bind(statement, values).map((value) =>
      typeof value === 'boolean' ? Number(value) : Array.isArray(value) ? JSON.stringify(value) : value,
    )
    if (!query.reader) {
      query.run(parameters)
      return []
    }
    const rows = query.all(parameters) as Row[]
    for (const row of rows) if ('is_active' in row) row.is_active = (row.is_active === 1) as never
    return rows
  }
  const begin = database.prepare('begin immediate')
  const commit = database.prepare('commit')
  const transaction = async (work: (run: Run) => Promise<unknown>) => {
    begin.run()
    const result = await work(run)
    commit.run()
    return result
  }
  return { run, transaction }
}

function openPostgres(connection: pg.ClientConfig) {
  const pool = new pg.Pool({ ...connection, max: 10, types })
  const runOn =
    (client: pg.Pool | pg.PoolClient): Run =>
    async (statement, name, values) =>
      (await client.query({ name, text: statement.sql, values: bind(statement, values) as unknown[] })).rows
  const transaction = async (work: (run: Run) => Promise<unknown>) => {
    const client = await pool.connect()
    await client.query('begin')
    const result = await work(runOn(client))
    await client.query('commit')
    client.release()
    return result
  }
  return { run: runOn(pool), transaction }
}

const page = (data: unknown[]) => ({ data: data.slice(0, 50), next_cursor: data.length > 50 ? 'next' : null })

app.get('/product/:id', async (request) => {
  const { id } = request.params as { id: string }
  const [row] = await engine.run(statements.product, 'product', { id: Number(id) })
  return toProduct(row as never, 'EUR')
})
app.get('/page', async (request) => {
  const { after_value, after_id } = request.query as Record<string, string>
  const rows = await engine.run(statements.page, 'page', { after_value, after_id: Number(after_id) })
  return page(rows.map((row) => toProduct(row as never, 'EUR')))
})
app.get('/search/:kind', async (request) => {
  const { kind } = request.params as { kind: string }
  let rows: Row[] = []
  for (const [index, statement] of (statements.searches[kind] ?? []).entries())
    rows = await engine.run(statement, `search ${kind} ${index}`, {})
  return page(rows.map((row) => toProduct(row as never, 'EUR')))
})
app.get('/low', async () => page((await engine.run(statements.low, 'low', {})).map((row) => toLevel(row as never))))
app.post('/movement', async (request, reply) => {
  const { product_id, quantity } = request.body as { product_id: number; quantity: number }
  const answer = await engine.transaction((run) => issue(run, product_id, quantity * 1000))
  return reply.code(201).send(answer)
})

async function issue(run: Run, product_id: number, quantity: number) {
  const ids = { ids: [product_id] }
  const [product] = await run(statements.products, 'products', ids)
  const [level] = await run(statements.levels, 'levels', ids)
  const [location] = await run(statements.locations, 'locations', ids)
  if (!product || !location || Number(level?.quantity) - Number(level?.reserved) < quantity)
    throw new Error('not enough')
  const [value, whole] = [BigInt(product.value ?? 0), BigInt(product.quantity ?? 0)]
  const amount = Number((value * BigInt(quantity) * 2n + whole) / (whole * 2n))
  const at = new Date().toISOString()
  const [movement] = await run(statements.movement, 'movement', { actor_id: 1, at })
  const line = { movement_id: movement?.id, product_id, location_id: location.id, quantity, amount }
  await run(statements.line, 'line', line)
  const [after] = await run(statements.levels, 'levels', ids)
  return {
    id: movement?.id,
    type: 'issue',
    effective_at: at,
    recorded_at: at,
    actor_id: 1,
    lines: [line],
    levels: [{ ...after, quantity: fromThousandths(Number(after?.quantity)) }],
  }
}

await app.listen({ port, host: '127.0.0.1' })
