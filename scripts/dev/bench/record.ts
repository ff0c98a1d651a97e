import { createRequire } from 'node:module'
import { Kysely } from 'kysely'
import pg from 'pg'
import { PooledDialect } from '../../../src/db/postgres/dialect.ts'
import { StatementNames } from '../../../src/db/postgres/statement-names.ts'
import type { DB } from '../../../src/db/schema.gen.ts'
import { SavepointDialect } from '../../../src/db/sqlite/dialect.ts'
import { Statements as PreparedStatements } from '../../../src/db/sqlite/statements.ts'
import type { Writer } from '../../../src/db/types.ts'
import { parseDatabaseUrl } from '../../../src/db/url.ts'
import { findCandidates } from '../../../src/modules/products/candidate-repository.ts'
import { listProducts } from '../../../src/modules/products/list-repository.ts'
import { findProduct } from '../../../src/modules/products/repository.ts'
import { listLow } from '../../../src/modules/stock/levels/repository.ts'
import * as movements from '../../../src/modules/stock/movements/repository.ts'
import { searchTerms } from '../../../src/values/text.ts'

/** A statement of the service: its text, and for each parameter the value or the name of what takes its place. */
export interface Recorded {
  sql: string
  parameters: ({ slot: string } | { value: unknown })[]
}

export type Statements = Record<
  'product' | 'page' | 'low' | 'products' | 'levels' | 'locations' | 'movement' | 'line',
  Recorded
> & {
  /** By kind; a search may take a first statement that decides how the next one finds its rows. */
  searches: Record<string, Recorded[]>
}

/** Values that stand for what differs from request to request; odd enough not to be anything else. */
const SLOTS: [slot: string, value: string | number | number[]][] = [
  ['id', 424_201],
  ['ids', [424_202]],
  ['after_value', 'zz-after-value'],
  ['after_id', 424_203],
  ['actor_id', 424_204],
  ['at', '2031-01-01T00:00:00.000Z'],
  ['movement_id', 424_205],
  ['product_id', 424_206],
  ['location_id', 424_207],
  ['quantity', 424_208],
  ['amount', 424_209],
]
const slot = <T>(name: string) => SLOTS.find(([key]) => key === name)?.[1] as T

/**
 * Records the statements that the service runs for what is measured, so that the hand-written handlers run the same.
 *
 * @param searches the words that are searched for, by kind
 */
export async function recordStatements(url: string, searches: Record<string, string>): Promise<Statements> {
  const seen: Recorded[] = []
  const { dialect, close } = dialectOf(url)
  const db = new Kysely<DB>({
    dialect,
    log: ({ query }) => void seen.push({ sql: query.sql, parameters: query.parameters.map(toParameter) }),
  })
  const all = async (run: () => Promise<unknown>): Promise<Recorded[]> => {
    seen.length = 0
    // A write of stand-ins may be refused; its text is recorded all the same.
    await run().catch(() => {})
    return [...seen]
  }
  const one = async (run: () => Promise<unknown>): Promise<Recorded> => (await all(run)).at(-1) as Recorded
  const find = async (words: string) => {
    const filtered = { ...filter, terms: searchTerms(words) }
    return await listProducts(db, filtered, await findCandidates(db, filtered), { limit: 50, after: undefined })
  }
  const filter = {
    sort: 'name',
    order: 'asc',
    archived: 'exclude',
    category_id: undefined,
    stock_status: undefined,
    terms: [],
  } as never as Parameters<typeof listProducts>[1]
  const after = { value: slot<string>('after_value'), id: slot<number>('after_id') }
  const ids = { ids: slot<number[]>('ids') }
  const statements: Statements = {
    product: await one(() => findProduct(db, { id: slot('id') })),
    page: await one(() => listProducts(db, filter, undefined, { limit: 50, after })),
    searches: {},
    low: await one(() => listLow(db, {}, { limit: 50, after: undefined })),
    products: await one(() => movements.lockProducts(db, ids)),
    levels: await one(() => movements.readLevels(db, ids)),
    locations: await one(() => movements.shareLocations(db, { ids: [] })),
    movement: await one(() => movements.insertMovement(db as Writer, movementOf())),
    line: await one(() => movements.insertLines(db as Writer, slot('movement_id'), [lineOf()])),
  }
  for (const [kind, words] of Object.entries(searches)) statements.searches[kind] = await all(() => find(words))
  await close()
  return statements
}

const movementOf = (): movements.MovementFields => ({
  type: 'issue',
  reason: '',
  reference: '',
  note: '',
  actor_id: slot('actor_id'),
  effective_at: slot('at'),
  recorded_at: slot('at'),
  reversal_of: null,
  source_type: null,
  source_id: null,
})

const lineOf = () => ({
  product: {
    id: slot<number>('product_id'),
    sku: '',
    name: '',
    unit: '',
    decimals: 0,
    is_active: true,
    quantity: 0,
    value: 0,
  },
  from_location_id: slot<number>('location_id'),
  to_location_id: null,
  quantity: slot<number>('quantity'),
  value: slot<number>('amount'),
  line_number: 1,
})

function toParameter(value: unknown): Recorded['parameters'][number] {
  const text = JSON.stringify(value)
  const found = SLOTS.find(([, stand]) => JSON.stringify(stand) === text)
  return found ? { slot: found[0] } : { value }
}

function dialectOf(url: string) {
  const target = parseDatabaseUrl(url)
  if (target.engine === 'postgresql') {
    const pool = new pg.Pool({ ...target.connection, max: 1 } as pg.PoolConfig)
    return {
      dialect: new PooledDialect(pool, { names: new StatementNames(), answerMs: 5000 }),
      close: () => pool.end(),
    }
  }
  const Database = createRequire(import.meta.url)('better-sqlite3')
  const database = new Database(target.file)
  database.pragma('foreign_keys = on')
  return {
    dialect: new SavepointDialect(database, new PreparedStatements(database)),
    close: async () => database.close(),
  }
}
