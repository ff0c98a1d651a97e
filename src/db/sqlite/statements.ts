import type Database from 'better-sqlite3'
import type { CompiledQuery, QueryResult } from 'kysely'
import { requireExact, requireSafe } from '../numbers.ts'

type Row = Record<string, unknown>
type Statement = Database.Statement<unknown[], Row>

/** Names of the result columns, and of those whose values are not what PostgreSQL would give. */
interface Columns {
  all: string[]
  /** 0/1 that mean false and true. */
  booleans: string[]
  /** May hold an integer that a JavaScript number cannot. */
  integers: string[]
}

interface Cached {
  statement: Statement
  columns: Columns
}

const CACHE_SIZE = 500

/** Runs statements on one connection: each text is prepared once, and values are those PostgreSQL would give. */
export class Statements {
  readonly #database: Database.Database
  readonly #cache = new Map<string, Cached>()

  constructor(database: Database.Database) {
    this.#database = database
  }

  /** False when there is none, also when SQLite ended it by itself (a full disk). */
  get inTransaction(): boolean {
    return this.#database.inTransaction
  }

  run<R>({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): QueryResult<R> {
    const cached = this.#cache.get(sql) ?? this.#prepare(sql)
    const { statement } = cached
    const values = parameters.map(toSqlite)
    if (!statement.reader) {
      const { changes, lastInsertRowid } = statement.run(values)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    }
    const rows = statement.all(values)
    const [first] = rows
    if (first === undefined) return { rows: [] }
    // A migration may have changed what `*` means.
    if (!isOf(first, cached.columns)) cached.columns = columnsOf(statement)
    toJavaScript(rows, cached.columns)
    return { rows: rows as R[] }
  }

  #prepare(text: string): Cached {
    const statement: Statement = this.#database.prepare(text)
    const cached = { statement, columns: columnsOf(statement) }
    const [oldest] = this.#cache.keys()
    if (this.#cache.size >= CACHE_SIZE && oldest !== undefined) this.#cache.delete(oldest)
    this.#cache.set(text, cached)
    return cached
  }
}

function columnsOf(statement: Statement): Columns {
  const columns: Columns = { all: [], booleans: [], integers: [] }
  if (!statement.reader) return columns
  for (const { name, type } of statement.columns()) {
    columns.all.push(name)
    if (name.startsWith('is_')) columns.booleans.push(name)
    else if (type !== 'TEXT') columns.integers.push(name)
  }
  return columns
}

function isOf(row: Row, { all }: Columns): boolean {
  let index = 0
  for (const name in row) {
    if (name !== all[index]) return false
    index += 1
  }
  return true
}

function toJavaScript(rows: Row[], { booleans, integers }: Columns): void {
  for (const row of rows) {
    for (const name of booleans) if (row[name] !== null) row[name] = row[name] === 1
    // better-sqlite3 rounds silently.
    for (const name of integers) requireSafe(row[name])
  }
}

/** Booleans are 0/1 and lists are JSON in SQLite. */
function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (Array.isArray(value)) return JSON.stringify(value)
  requireExact(value)
  return value
}
