import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { Problem } from '../../errors.ts'
import type { DB } from '../schema.gen.ts'
import type { Reader, Store, Writer } from '../types.ts'
import { SavepointDialect } from './dialect.ts'

interface Job<Handle> {
  run(handle: Handle): Promise<unknown>
  resolve(result: never): void
  reject(error: unknown): void
}

/** Writes that share one commit; bounds how long the first of them waits for its answer. */
const GROUP_SIZE = 128
const RETRY_MS = 10

/**
 * Opens an SQLite file with one writing connection and one reading connection of its own.
 *
 * Writes that arrive while one is under way share one IMMEDIATE transaction, each in its savepoint, and one durable
 * commit (`synchronous=FULL`); no answer leaves before it. Reads that arrive together share one read transaction.
 * better-sqlite3 works synchronously, so a job is never interrupted by another one's statements.
 *
 * @param file path of the database; its folder is made when absent
 * @param lockWaitMs how long to wait for another process's lock, without blocking the event loop
 */
export function openSqlite(file: string, lockWaitMs: number): Store {
  mkdirSync(dirname(file), { recursive: true })
  const writing = open(file)
  const reading = open(file)
  reading.pragma('query_only = on')
  return new SqliteStore(writing, reading, lockWaitMs)
}

function open(file: string): Database.Database {
  // Waiting inside SQLite would block the event loop, so apart from opening the file it never waits.
  const database = new Database(file, { timeout: 2000 })
  database.pragma('journal_mode = wal')
  database.pragma('synchronous = full')
  database.pragma('foreign_keys = on')
  database.pragma('busy_timeout = 0')
  return database
}

class SqliteStore implements Store {
  readonly engine = 'sqlite'
  readonly #writing: Database.Database
  readonly #reading: Database.Database
  readonly #writer: Kysely<DB>
  readonly #reader: Kysely<DB>
  readonly #lockWaitMs: number
  #reads: Job<Reader>[] = []
  #writes: Job<Writer>[] = []
  #readerBusy: Promise<void> | undefined
  #writerBusy: Promise<void> | undefined
  #closed = false

  constructor(writing: Database.Database, reading: Database.Database, lockWaitMs: number) {
    this.#writing = writing
    this.#reading = reading
    this.#writer = new Kysely<DB>({ dialect: new SavepointDialect(writing) })
    this.#reader = new Kysely<DB>({ dialect: new SavepointDialect(reading) })
    this.#lockWaitMs = lockWaitMs
  }

  read<T>(run: (reader: Reader) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reads.push({ run, resolve, reject })
      this.#readerBusy ??= this.#drainReads()
    })
  }

  query<T>(run: (reader: Reader) => Promise<T>): Promise<T> {
    return this.read(run)
  }

  write<T>(run: (writer: Writer) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#writes.push({ run, resolve, reject })
      this.#writerBusy ??= this.#drainWrites()
    })
  }

  async exclusive<T>(job: (writer: Writer) => Promise<T>, waitMs: number): Promise<T> {
    while (this.#writerBusy) await this.#writerBusy
    let result: { value: T } | undefined
    const run = async (writer: Writer) => {
      result = { value: await job(writer) }
    }
    const done = new Promise<void>((resolve, reject) => {
      this.#writerBusy = this.#commitGroup([{ run, resolve, reject }], waitMs).finally(() => this.#settleWrites())
    })
    await done
    assert(result)
    return result.value
  }

  async ping(): Promise<void> {
    await this.read(async (reader) => this.#reading.prepare('select 1').get() && reader)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    while (this.#writerBusy || this.#readerBusy) await Promise.all([this.#writerBusy, this.#readerBusy])
    this.#closed = true
    this.#reading.close()
    this.#writing.close()
  }

  async #drainReads(): Promise<void> {
    await nextTurn()
    while (this.#reads.length > 0) {
      const jobs = this.#reads
      this.#reads = []
      await this.#runReads(jobs)
      if (this.#reads.length > 0) await nextTurn()
    }
    this.#readerBusy = undefined
  }

  async #runReads(jobs: Job<Reader>[]): Promise<void> {
    let outcomes: PromiseSettledResult<unknown>[]
    try {
      await this.#begin(this.#reading, 'begin', this.#lockWaitMs)
      outcomes = await Promise.allSettled(jobs.map((job) => job.run(this.#reader)))
      this.#reading.exec('commit')
    } catch (error) {
      if (this.#reading.inTransaction) this.#reading.exec('rollback')
      for (const job of jobs) job.reject(translate(error))
      return
    }
    settle(jobs, outcomes)
  }

  async #drainWrites(): Promise<void> {
    // Requests read from their sockets in this turn of the event loop join the group.
    await nextTurn()
    await this.#commitGroup(this.#writes.splice(0, GROUP_SIZE), this.#lockWaitMs)
    this.#settleWrites()
  }

  #settleWrites(): void {
    this.#writerBusy = this.#writes.length > 0 ? this.#drainWrites() : undefined
  }

  async #commitGroup(jobs: Job<Writer>[], waitMs: number): Promise<void> {
    const outcomes: PromiseSettledResult<unknown>[] = []
    try {
      await this.#begin(this.#writing, 'begin immediate', waitMs)
      for (const job of jobs) {
        outcomes.push(...(await Promise.allSettled([this.#writer.transaction().execute(job.run)])))
        // Some failures (a full disk) end the whole transaction: then nobody in the group has written anything.
        if (!this.#writing.inTransaction) throw lastReason(outcomes)
      }
      this.#writing.exec('commit')
    } catch (error) {
      if (this.#writing.inTransaction) this.#writing.exec('rollback')
      for (const job of jobs) job.reject(translate(error))
      return
    }
    settle(jobs, outcomes)
  }

  /** Begins a transaction, waiting for another process's lock for at most `waitMs`. */
  async #begin(database: Database.Database, statement: string, waitMs: number): Promise<void> {
    const deadline = Date.now() + waitMs
    for (;;) {
      try {
        database.exec(statement)
        return
      } catch (error) {
        if (!isBusy(error) || Date.now() >= deadline) throw error
      }
      await sleep(RETRY_MS)
    }
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

const isBusy = (error: unknown) =>
  error instanceof Database.SqliteError &&
  (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED'))

/** What the disk or another program did is told as such; everything else stays what it is. */
function translate(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (isBusy(error))
    return new Problem('database-busy', 'Another program is using the database file.', { cause: error })
  if (/^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB)/.test(error.code)) {
    return new Problem('database-unavailable', 'The database file cannot be read or written now.', { cause: error })
  }
  return error
}

function lastReason(outcomes: PromiseSettledResult<unknown>[]): unknown {
  const last = outcomes.at(-1)
  return last?.status === 'rejected' ? last.reason : new Error('the transaction ended early')
}

function settle(jobs: Job<never>[], outcomes: PromiseSettledResult<unknown>[]): void {
  for (const [index, outcome] of outcomes.entries()) {
    const job = jobs[index]
    if (outcome.status === 'fulfilled') job?.resolve(outcome.value as never)
    else job?.reject(translate(outcome.reason))
  }
}
