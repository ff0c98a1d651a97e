import type Database from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
} from 'kysely'

type Statement = Database.Statement<unknown[], Record<string, unknown>>
interface Cached {
  statement: Statement
  /** Result columns to turn from 0/1 into booleans. */
  booleans: string[]
}

const CACHE_SIZE = 500

/** Kysely's connection over better-sqlite3 that prepares each text once and gives the values PostgreSQL would give. */
class SqliteConnection implements DatabaseConnection {
  readonly #database: Database.Database
  readonly #cache = new Map<string, Cached>()

  constructor(database: Database.Database) {
    this.#database = database
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { statement, booleans } = this.#cache.get(query.sql) ?? this.#prepare(query.sql)
    const parameters = query.parameters.map(toSqlite)
    if (!statement.reader) {
      const { changes, lastInsertRowid } = statement.run(parameters)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    }
    const rows = statement.all(parameters)
    for (const name of booleans) for (const row of rows) if (row[name] !== null) row[name] = row[name] === 1
    return { rows: rows as R[] }
  }

  // Rows that arrive piece by piece would hold the one connection between the pieces; read in pages instead.
  // biome-ignore lint/correctness/useYield: refuses before the first row.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not available: read in pages')
  }

  #prepare(text: string): Cached {
    const statement: Statement = this.#database.prepare(text)
    const names = statement.reader ? statement.columns().map((column) => column.name) : []
    const cached = { statement, booleans: names.filter((name) => name.startsWith('is_')) }
    if (this.#cache.size >= CACHE_SIZE) this.#cache.delete(this.#cache.keys().next().value as string)
    this.#cache.set(text, cached)
    return cached
  }
}

/** Booleans are 0/1 and lists are JSON in SQLite. */
function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0
  return Array.isArray(value) ? JSON.stringify(value) : value
}

/**
 * A Kysely transaction is a savepoint here: the transaction around it is opened and committed by the store,
 * which puts many of them into one durable commit.
 */
class SavepointDriver implements Driver {
  readonly #connection: SqliteConnection

  constructor(database: Database.Database) {
    this.#connection = new SqliteConnection(database)
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  async beginTransaction(): Promise<void> {
    await this.#connection.executeQuery(SAVEPOINT)
  }
  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(RELEASE)
  }
  async rollbackTransaction(): Promise<void> {
    await this.#connection.executeQuery(ROLLBACK_TO)
    await this.#connection.executeQuery(RELEASE)
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

const SAVEPOINT = CompiledQuery.raw('savepoint job')
const RELEASE = CompiledQuery.raw('release job')
const ROLLBACK_TO = CompiledQuery.raw('rollback to job')

/** SQLite rolls back schema changes too; saying so makes the migrator use a transaction. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

export class SavepointDialect extends SqliteDialect {
  readonly #database: Database.Database

  constructor(database: Database.Database) {
    super({ database })
    this.#database = database
  }

  override createDriver(): Driver {
    return new SavepointDriver(this.#database)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}
