import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresDialect,
  type QueryResult,
  sql,
  type TransactionSettings,
} from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { statementNameOf } from '../prepared.ts'

const MIGRATION_LOCK = 3_853_314_791n

/** One pooled connection. Its statements are pipelined: those started together travel together. */
class PostgresConnection implements DatabaseConnection {
  readonly client: PoolClient
  readonly #options: PostgresOptions
  /** The `begin` under way; it travels with the first statement, so it costs no round trip of its own. */
  #begun: Promise<unknown> | undefined

  constructor(client: PoolClient, options: PostgresOptions) {
    this.client = client
    this.#options = options
  }

  begin(text: string): void {
    this.#begun = this.client.query(text)
    // Reported by the first statement, or by the commit; here only kept from counting as unhandled.
    this.#begun.catch(() => {})
  }

  /** Rejects when the server ended the transaction any other way than by committing it. */
  async commit(): Promise<void> {
    const [, result] = await Promise.all([this.#begun, this.client.query('commit')])
    if (result.command !== 'COMMIT') throw new Error('the transaction was rolled back')
  }

  async rollback(): Promise<void> {
    await this.client.query('rollback')
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const name = this.#options.namedStatements ? statementNameOf(query) : undefined
    const sent = this.client.query({ text: query.sql, values: query.parameters as unknown[], name })
    const [result] = await Promise.all([sent, this.#begun])
    const numAffectedRows = result.rowCount === null ? undefined : BigInt(result.rowCount)
    return { rows: result.rows, numAffectedRows: result.command === 'SELECT' ? undefined : numAffectedRows }
  }

  // biome-ignore lint/correctness/useYield: refuses before the first row.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not available: read in pages')
  }
}

export interface PostgresOptions {
  /** Whether hot queries are prepared by name; switched off when a pooler turns out to stand between. */
  namedStatements: boolean
}

class PooledDriver implements Driver {
  readonly #pool: Pool
  readonly #options: PostgresOptions

  constructor(pool: Pool, options: PostgresOptions) {
    this.#pool = pool
    this.#options = options
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new PostgresConnection(await this.#pool.connect(), this.#options)
  }

  async beginTransaction(connection: PostgresConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : ''
    connection.begin(`begin${isolation}${settings.accessMode === 'read only' ? ' read only' : ''}`)
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    await connection.rollback()
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.client.release()
  }

  async destroy(): Promise<void> {
    await this.#pool.end()
  }
}

/** The lock ends with the transaction, so it also works through a pooler and cannot be left behind. */
class TransactionLockAdapter extends PostgresAdapter {
  // biome-ignore lint/suspicious/noExplicitAny: the migrator's own signature.
  override async acquireMigrationLock(db: Kysely<any>): Promise<void> {
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(db)
  }
  override async releaseMigrationLock(): Promise<void> {}
}

export class PooledDialect extends PostgresDialect {
  readonly #pool: Pool
  readonly #options: PostgresOptions

  constructor(pool: Pool, options: PostgresOptions) {
    super({ pool: pool as never })
    this.#pool = pool
    this.#options = options
  }

  override createDriver(): Driver {
    return new PooledDriver(this.#pool, this.#options)
  }

  override createAdapter(): PostgresAdapter {
    return new TransactionLockAdapter()
  }
}
