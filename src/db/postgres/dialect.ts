import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PostgresAdapter,
  PostgresDialect,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { Pool, PoolClient, QueryConfig } from 'pg'
import { requireExact } from '../numbers.ts'
import { SharedClient } from './shared-client.ts'
import type { StatementNames } from './statement-names.ts'

export interface DialectOptions {
  names: StatementNames
  /** How long the client waits for an answer: longer than the server works on it. */
  answerMs: number
}

/** A connection of the pool for as long as one transaction, or one query, needs it; quick queries share one. */
class PostgresConnection implements DatabaseConnection {
  readonly #pool: Pool
  readonly #shared: SharedClient
  readonly #options: DialectOptions
  #opening: Promise<PoolClient> | undefined
  #client: PoolClient | undefined
  /** The `begin` under way; it travels with the first statement, so it costs no round trip of its own. */
  #begun: Promise<unknown> | undefined
  #readOnly = false
  #ended = false
  /** Why the connection cannot go back to the pool. */
  #broken: Error | true | undefined

  constructor(pool: Pool, shared: SharedClient, options: DialectOptions) {
    this.#pool = pool
    this.#shared = shared
    this.#options = options
  }

  async begin({ isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    const client = await this.#open()
    this.#readOnly = accessMode === 'read only'
    const isolation = isolationLevel ? ` isolation level ${isolationLevel}` : ''
    this.#begun = this.#send(client, `begin${isolation}${this.#readOnly ? ' read only' : ''}`)
    // Reported by the first statement, or by the commit; here only kept from counting as unhandled.
    this.#begun.catch(() => {})
  }

  /** Rejects when the server ended the transaction any other way than by committing it. */
  async commit(): Promise<void> {
    this.#ended = true
    const committed = this.#send(await this.#open(), 'commit')
    if (this.#readOnly) {
      // What was read is right already, so its answer does not wait; whoever uses the connection next comes after it.
      committed.catch(() => {})
      return
    }
    const [result] = await Promise.all([committed, this.#begun])
    if (result.command !== 'COMMIT')
      throw new Error('the transaction was rolled back: one of its statements had failed')
  }

  async rollback(): Promise<void> {
    this.#ended = true
    try {
      await this.#send(await this.#open(), 'rollback')
    } catch (error) {
      // Not thrown: the error that led here is the one to tell.
      this.#broken = error instanceof Error ? error : true
    }
  }

  release(): void {
    this.#client?.release(this.#broken)
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // A job that failed can leave statements behind (`Promise.all`): after the rollback they would commit themselves.
    if (this.#ended) throw new Error('the transaction of this statement has ended')
    for (const parameter of query.parameters) requireExact(parameter)
    const name = this.#options.names.of(query)
    const send = (client: PoolClient) => this.#send(client, query.sql, [...query.parameters], name)
    const mayShare = this.#opening === undefined && name !== undefined
    const sent = (mayShare ? this.#shared.run(send) : undefined) ?? send(this.#client ?? (await this.#open()))
    if (name !== undefined) sent.catch((error) => this.#options.names.learn(error, name))
    const [result] = await Promise.all([sent, this.#begun])
    const numAffectedRows = result.rowCount === null ? undefined : BigInt(result.rowCount)
    return { rows: result.rows, numAffectedRows: result.command === 'SELECT' ? undefined : numAffectedRows }
  }

  // biome-ignore lint/correctness/useYield: refuses before the first row.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not available: read in pages')
  }

  #open(): Promise<PoolClient> {
    this.#opening ??= this.#pool.connect().then((client) => {
      this.#client = client
      return client
    })
    return this.#opening
  }

  #send(client: PoolClient, text: string, values?: unknown[], name?: string) {
    const config: QueryConfig & { query_timeout: number } = { text, query_timeout: this.#options.answerMs }
    if (values !== undefined) config.values = values
    if (name !== undefined) config.name = name
    return client.query(config)
  }
}

class PooledDriver implements Driver {
  readonly #pool: Pool
  readonly #shared: SharedClient
  readonly #options: DialectOptions

  constructor(pool: Pool, options: DialectOptions) {
    this.#pool = pool
    this.#shared = new SharedClient(pool)
    this.#options = options
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new PostgresConnection(this.#pool, this.#shared, this.#options)
  }

  async beginTransaction(connection: PostgresConnection, settings: TransactionSettings): Promise<void> {
    await connection.begin(settings)
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    await connection.rollback()
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release()
  }

  /** The pool is the store's. */
  async destroy(): Promise<void> {}
}

/** The store's `exclusive` lets one migrator in at a time, before it looks at anything; so there is no lock left to take. */
class LockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** Kysely over a pool. */
export class PooledDialect extends PostgresDialect {
  readonly #pool: Pool
  readonly #options: DialectOptions

  constructor(pool: Pool, options: DialectOptions) {
    super({ pool: pool })
    this.#pool = pool
    this.#options = options
  }

  override createDriver(): Driver {
    return new PooledDriver(this.#pool, this.#options)
  }

  override createAdapter(): PostgresAdapter {
    return new LockedAdapter()
  }
}
