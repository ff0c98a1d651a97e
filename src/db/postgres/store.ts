import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, sql } from 'kysely'
import pg from 'pg'
import { Problem } from '../../errors.ts'
import { Nesting } from '../nesting.ts'
import type { DB } from '../schema.gen.ts'
import type { Reader, Store, Writer } from '../types.ts'
import { PromptClient } from './client.ts'
import { PooledDialect } from './dialect.ts'
import { failureOf, translate } from './errors.ts'
import { StatementNames } from './statement-names.ts'
import { types } from './values.ts'

export interface PostgresSettings {
  connection: pg.ClientConfig
  poolSize: number
  /** How long to wait for a connection, and for a row another transaction holds. */
  waitMs: number
  /** How long the server works on one statement, and waits for the next one of a transaction. Default 15 s. */
  statementMs?: number
  onPoolError(error: Error): void
}

const ATTEMPTS = 6
const STATEMENT_MS = 15_000
/** By then the server has given up, or it cannot be reached any more. */
const ANSWER_MARGIN_MS = 5_000
const NO_LIMIT_MS = 2 ** 31 - 1
/** Any number that no other program uses for an advisory lock in the same database. */
const EXCLUSIVE_LOCK = 3_853_314_791n

/** Opens a pool of PostgreSQL connections; none is made before the first job. */
export function openPostgres(settings: PostgresSettings): Store {
  const { connection, poolSize, waitMs, statementMs = STATEMENT_MS, onPoolError } = settings
  const options: pg.PoolConfig & { pipeline: true } = {
    ...connection,
    max: poolSize,
    connectionTimeoutMillis: waitMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // A `begin` travels with the first statement, a `commit` that nobody waits for with the next one.
    pipeline: true,
    types,
    Client: PromptClient,
    application_name: 'stock-management-api',
  }
  const pool = new pg.Pool(options)
  // A pool without a listener ends the process when an idle connection breaks, as at every restart of the server. Each
  // connection has a listener of its own that tells of it.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', onPoolError)
    // After connecting and not as start-up options, which poolers refuse.
    client.query(sessionSettings(waitMs, statementMs)).catch(onPoolError)
  })
  return new PostgresStore(pool, waitMs, statementMs + ANSWER_MARGIN_MS)
}

const sessionSettings = (waitMs: number, statementMs: number) =>
  `set timezone = 'UTC'; set statement_timeout = ${statementMs}; set lock_timeout = ${waitMs};
   set idle_in_transaction_session_timeout = ${statementMs}`

class PostgresStore implements Store {
  readonly engine = 'postgresql'
  readonly #pool: pg.Pool
  readonly #kysely: Kysely<DB>
  /** On the same pool, for statements that may take their time. */
  readonly #unhurried: Kysely<DB>
  readonly #waitMs: number
  readonly #nesting = new Nesting()
  #jobs = 0
  #closing: Promise<void> | undefined
  /** Resolves when the last job of a closing store is done. */
  readonly #idle = Promise.withResolvers<void>()

  constructor(pool: pg.Pool, waitMs: number, answerMs: number) {
    this.#pool = pool
    const names = new StatementNames()
    this.#kysely = new Kysely<DB>({ dialect: new PooledDialect(pool, { names, answerMs }) })
    this.#unhurried = new Kysely<DB>({ dialect: new PooledDialect(pool, { names, answerMs: NO_LIMIT_MS }) })
    this.#waitMs = waitMs
  }

  async read<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    const run = this.#nesting.enter(job)
    const snapshot = this.#kysely.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
    return await this.#attempt(() => snapshot.execute(run), this.#waitMs)
  }

  async snapshot<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    const run = this.#nesting.enter(job)
    const alone = async (trx: Writer) => {
      await sql`set local statement_timeout = 0`.execute(trx)
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(trx)
      return await run(trx)
    }
    const snapshot = this.#unhurried.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
    return await this.#attempt(() => snapshot.execute(alone), this.#waitMs)
  }

  async query<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    const run = this.#nesting.enter(job)
    return await this.#attempt(() => run(this.#kysely), this.#waitMs)
  }

  async write<T>(job: (writer: Writer) => Promise<T>): Promise<T> {
    const run = this.#nesting.enter(job)
    return await this.#attempt(() => transact(this.#kysely, run), this.#waitMs)
  }

  async exclusive<T>(job: (writer: Writer) => Promise<T>, waitMs: number): Promise<T> {
    const run = this.#nesting.enter(job)
    const alone = async (trx: Writer) => {
      await sql`set local statement_timeout = 0`.execute(trx)
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(trx)
      await sql`set local lock_timeout = ${sql.lit(waitMs)}`.execute(trx)
      // The lock ends with the transaction, so it works through a pooler too and cannot be left behind.
      await sql`select pg_advisory_xact_lock(${sql.lit(EXCLUSIVE_LOCK)})`.execute(trx)
      return await run(trx)
    }
    return await this.#attempt(() => transact(this.#unhurried, alone), waitMs)
  }

  async ping(): Promise<void> {
    await this.query((reader) => reader.executeQuery(sql`select 1`.compile(this.#kysely)))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#jobs > 0) await this.#idle.promise
    await this.#pool.end()
  }

  async #attempt<T>(job: () => Promise<T>, waitMs: number): Promise<T> {
    if (this.#closing) throw new Problem('stopping', 'The service is stopping.')
    this.#jobs += 1
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await job()
        } catch (error) {
          if (!isWorthAnother(error, attempt)) throw translate(error, waitMs)
        }
        await sleep(Math.random() * 5 * 2 ** attempt)
      }
    } finally {
      this.#jobs -= 1
      if (this.#closing && this.#jobs === 0) this.#idle.resolve()
    }
  }
}

async function transact<T>(kysely: Kysely<DB>, job: (writer: Writer) => Promise<T>): Promise<T> {
  let finished = false
  try {
    return await kysely.transaction().execute(async (trx) => {
      const result = await job(trx)
      finished = true
      return result
    })
  } catch (error) {
    // Lost between `commit` and its answer: nobody here knows whether it happened, so it must not run again.
    if (finished && ['broken', 'away'].includes(failureOf(error) ?? '')) {
      throw new Problem('database-unavailable', 'The answer to the commit was lost: look before you repeat.', {
        cause: error,
      })
    }
    throw error
  }
}

function isWorthAnother(error: unknown, attempt: number): boolean {
  const failure = failureOf(error)
  // A connection that broke while idle is found out by its next user; a server that is away is not waited for.
  if (failure === 'broken') return attempt === 1
  return (failure === 'conflict' || failure === 'statement') && attempt < ATTEMPTS
}
