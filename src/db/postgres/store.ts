import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, sql } from 'kysely'
import pg from 'pg'
import { Problem } from '../../errors.ts'
import type { DB } from '../schema.gen.ts'
import type { Reader, Store, Writer } from '../types.ts'
import { PooledDialect, type PostgresOptions } from './dialect.ts'
import { types } from './values.ts'

export interface PostgresSettings {
  connection: pg.ClientConfig
  poolSize: number
  /** How long to wait for a connection, and for a row another transaction holds. */
  waitMs: number
  onPoolError(error: Error): void
}

const ATTEMPTS = 6
const STATEMENT_MS = 15_000

/** Conflicts between transactions, and what a transaction-mode pooler answers to named statements. */
const RETRIED = new Set(['40001', '40P01'])
const POOLER = new Set(['26000', '42P05'])
const BUSY = new Set(['55P03', '57014'])
const CONNECTION = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH',
  '57P01', '57P02', '57P03', '53300', '25P03',
]) // biome-ignore format: a list of codes reads best in rows

/**
 * Opens a pool of PostgreSQL connections; none is made before the first job.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html for the codes above
 */
export function openPostgres(settings: PostgresSettings): Store {
  const pool = new pg.Pool({
    ...settings.connection,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.waitMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    pipeline: true,
    types,
    query_timeout: STATEMENT_MS + 5_000,
    application_name: 'stock-management-api',
  } as pg.PoolConfig)
  // A pool without a listener ends the process when an idle connection breaks, as at every restart of the server.
  pool.on('error', settings.onPoolError)
  pool.on('connect', (client) => {
    client.on('error', settings.onPoolError)
    // After connecting and not as start-up options, which poolers refuse.
    client.query(sessionSettings(settings.waitMs)).catch(settings.onPoolError)
  })
  return new PostgresStore(pool, settings.waitMs)
}

const sessionSettings = (waitMs: number) =>
  `set timezone = 'UTC'; set statement_timeout = ${STATEMENT_MS}; set lock_timeout = ${waitMs};
   set idle_in_transaction_session_timeout = ${STATEMENT_MS}`

class PostgresStore implements Store {
  readonly engine = 'postgresql'
  readonly #kysely: Kysely<DB>
  readonly #options: PostgresOptions = { namedStatements: true }
  readonly #waitMs: number

  constructor(pool: pg.Pool, waitMs: number) {
    this.#kysely = new Kysely<DB>({ dialect: new PooledDialect(pool, this.#options) })
    this.#waitMs = waitMs
  }

  read<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    const snapshot = this.#kysely.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
    return this.#attempt(() => snapshot.execute((trx) => job(trx)))
  }

  query<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#attempt(() => job(this.#kysely))
  }

  write<T>(job: (writer: Writer) => Promise<T>): Promise<T> {
    return this.#attempt(() => this.#transaction(job))
  }

  exclusive<T>(job: (writer: Writer) => Promise<T>, waitMs: number): Promise<T> {
    return this.#attempt(() =>
      this.#transaction(async (trx) => {
        await sql.raw(`set local statement_timeout = 0`).execute(trx)
        await sql.raw(`set local lock_timeout = ${waitMs}`).execute(trx)
        await sql.raw(`set local idle_in_transaction_session_timeout = 0`).execute(trx)
        return await job(trx)
      }),
    )
  }

  async ping(): Promise<void> {
    await this.query(async (reader) => sql`select 1`.execute(this.#kysely).then(() => reader))
  }

  async close(): Promise<void> {
    await this.#kysely.destroy()
  }

  async #transaction<T>(job: (writer: Writer) => Promise<T>): Promise<T> {
    let finished = false
    try {
      return await this.#kysely.transaction().execute(async (trx) => {
        const result = await job(trx)
        finished = true
        return result
      })
    } catch (error) {
      // Lost between `commit` and its answer: nobody here knows whether it happened, so it must not run again.
      if (finished && isLost(error))
        throw unavailable(error, 'The answer to the commit was lost: look before you repeat.')
      throw error
    }
  }

  async #attempt<T>(job: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await job()
      } catch (error) {
        if (attempt >= ATTEMPTS || !this.#worthAnother(error, attempt)) throw this.#translate(error)
        await sleep(Math.random() * 5 * 2 ** attempt)
      }
    }
  }

  #worthAnother(error: unknown, attempt: number): boolean {
    const code = codeOf(error)
    if (POOLER.has(code)) {
      this.#options.namedStatements = false
      return true
    }
    // A connection that broke while idle is found out by its next user; a server that is away is not waited for.
    return RETRIED.has(code) || (isLost(error) && attempt === 1)
  }

  #translate(error: unknown): unknown {
    const code = codeOf(error)
    if (BUSY.has(code)) {
      return new Problem(
        'database-busy',
        `What this needs was held by another request for more than ${this.#waitMs} ms.`,
        { cause: error },
      )
    }
    if (RETRIED.has(code))
      return new Problem('database-busy', 'Too many requests want the same rows at once.', { cause: error })
    return isLost(error) ? unavailable(error, 'The database cannot be reached now.') : error
  }
}

const unavailable = (cause: unknown, detail: string) => new Problem('database-unavailable', detail, { cause })

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

function isLost(error: unknown): boolean {
  const code = codeOf(error)
  if (CONNECTION.has(code) || code.startsWith('08')) return true
  const message = error instanceof Error ? error.message : ''
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|terminating connection)/.test(
    message,
  )
}
