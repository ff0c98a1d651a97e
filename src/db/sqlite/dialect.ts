import type Database from 'better-sqlite3'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
  SqliteQueryCompiler,
} from 'kysely'
import { Statements } from './statements.ts'

/** What one query, or one transaction, holds for as long as it lasts. */
class SqliteConnection implements DatabaseConnection {
  readonly #statements: Statements
  #ended = false

  constructor(statements: Statements) {
    this.#statements = statements
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // A job that failed can leave statements behind (`Promise.all`): they must not run in its neighbour's savepoint.
    if (this.#ended) throw new Error('the transaction of this statement has ended')
    return this.#statements.run(query)
  }

  // Rows that arrive piece by piece would hold the one connection between the pieces; read in pages instead.
  // biome-ignore lint/correctness/useYield: refuses before the first row.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not available: read in pages')
  }

  begin(): void {
    this.#statements.run(SAVEPOINT)
  }

  commit(): void {
    this.#ended = true
    this.#statements.run(RELEASE)
  }

  rollback(): void {
    this.#ended = true
    // Where SQLite ended the whole transaction, no savepoint is left; the error that tells why must not be lost.
    if (!this.#statements.inTransaction) return
    this.#statements.run(ROLLBACK_TO)
    this.#statements.run(RELEASE)
  }
}

const SAVEPOINT = { sql: 'savepoint job', parameters: [] }
const RELEASE = { sql: 'release job', parameters: [] }
const ROLLBACK_TO = { sql: 'rollback to job', parameters: [] }

/**
 * A Kysely transaction is a savepoint here: the transaction around it is opened and committed by the store,
 * which puts many of them into one durable commit.
 */
class SavepointDriver implements Driver {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return new SqliteConnection(this.#statements)
  }
  async beginTransaction(connection: SqliteConnection): Promise<void> {
    connection.begin()
  }
  async commitTransaction(connection: SqliteConnection): Promise<void> {
    connection.commit()
  }
  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    connection.rollback()
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** SQLite rolls back schema changes too; saying so makes the migrator use a transaction. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/**
 * Writes parameters as `+?`. After `=`, or as a limit, a bare `?` makes SQLite plan the statement anew each time other
 * values are bound, because they might deserve another plan (https://www.sqlite.org/c3ref/prepare.html, sixth note);
 * that cost a join by primary keys fifteen times its own time. The sign changes nothing else: no type, no collation.
 */
class StablePlanCompiler extends SqliteQueryCompiler {
  override getCurrentParameterPlaceholder(): string {
    return '+?'
  }
}

/** Kysely over better-sqlite3. */
export class SavepointDialect extends SqliteDialect {
  readonly #statements: Statements

  constructor(database: Database.Database, statements = new Statements(database)) {
    super({ database })
    this.#statements = statements
  }

  override createDriver(): Driver {
    return new SavepointDriver(this.#statements)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }

  override createQueryCompiler(): QueryCompiler {
    return new StablePlanCompiler()
  }
}
