import type Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { Problem } from '../../errors.ts'
import { Nesting } from '../nesting.ts'
import type { DB } from '../schema.gen.ts'
import type { Reader, Store, Writer } from '../types.ts'
import { connect, whenFree } from './connection.ts'
import { SavepointDialect } from './dialect.ts'
import { isBusy, translate } from './errors.ts'
import { type Answer, type Job, jobOf, settle } from './jobs.ts'
import { Statements } from './statements.ts'
import { TimeLimit } from './time-limit.ts'

export interface SqliteSettings {
  /** How long to wait for another process's lock, without blocking the event loop. */
  waitMs: number
  /** How long a job may take; it is stuck then, and everybody waits for it. Default 15 s. */
  jobMs?: number
}

/** Writes that share one commit; bounds how long the first of them waits for its answer. */
const GROUP_SIZE = 128
/** Of no length where nothing else is to be done. */
const GATHERING_TURNS = 3
const JOB_MS = 15_000

/**
 * Opens an SQLite file with one writing connection and one reading connection of its own.
 *
 * Writes that arrive while one is under way share one IMMEDIATE transaction, each in its savepoint, and one durable
 * commit (`synchronous=FULL`); no answer leaves before it. Reads that arrive together share one read transaction.
 * better-sqlite3 works synchronously, so a job is never interrupted by another one's statements.
 *
 * @param file path of the database; its folder is made when absent
 * @throws Error naming the file when it cannot be opened
 */
export async function openSqlite(file: string, { waitMs, jobMs = JOB_MS }: SqliteSettings): Promise<Store> {
  const writing = await connect(file, waitMs)
  const reading = await connect(file, waitMs)
  reading.pragma('query_only = on')
  return new SqliteStore(writing, reading, { waitMs, jobMs })
}

class SqliteStore implements Store {
  readonly engine = 'sqlite'
  readonly #writing: Connection
  readonly #reading: Connection
  readonly #settings: Required<SqliteSettings>
  readonly #nesting = new Nesting()
  #reads: Job<Reader>[] = []
  #writes: Job<Writer>[] = []
  #readerBusy: Promise<void> | undefined
  #writerBusy: Promise<void> | undefined
  #closing = false

  constructor(writing: Database.Database, reading: Database.Database, settings: Required<SqliteSettings>) {
    this.#writing = new Connection(writing)
    this.#reading = new Connection(reading)
    this.#settings = settings
  }

  read<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reads.push(jobOf(this.#enter(job), resolve, reject))
      this.#readerBusy ??= this.#drainReads()
    })
  }

  async snapshot<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    const run = this.#enter(job)
    while (this.#readerBusy) await this.#readerBusy
    return await new Promise<T>((resolve, reject) => {
      const alone = this.#runReads([jobOf(run, resolve, reject)], Number.POSITIVE_INFINITY)
      this.#readerBusy = alone.then(() => this.#settleReads())
    })
  }

  async query<T>(job: (reader: Reader) => Promise<T>): Promise<T> {
    const { kysely, statements } = this.#reading
    // Inside a snapshot of others it would not see what was written since.
    if (statements.inTransaction) return await this.read(job)
    const run = this.#enter(job)
    try {
      return await run(kysely)
    } catch (error) {
      if (!isBusy(error)) throw translate(error)
    }
    return await this.read(job)
  }

  write<T>(job: (writer: Writer) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#writes.push(jobOf(this.#enter(job), resolve, reject))
      this.#writerBusy ??= this.#drainWrites()
    })
  }

  async exclusive<T>(job: (writer: Writer) => Promise<T>, waitMs: number): Promise<T> {
    const run = this.#enter(job)
    while (this.#writerBusy) await this.#writerBusy
    return await new Promise<T>((resolve, reject) => {
      const group = this.#commitGroup([jobOf(run, resolve, reject)], waitMs, Number.POSITIVE_INFINITY)
      this.#writerBusy = group.then(() => this.#settleWrites())
    })
  }

  async ping(): Promise<void> {
    await this.read(async () => this.#reading.statements.run({ sql: 'select 1', parameters: [] }))
  }

  async close(): Promise<void> {
    this.#closing = true
    while (this.#writerBusy || this.#readerBusy) await Promise.all([this.#writerBusy, this.#readerBusy])
    this.#reading.database.close()
    this.#writing.database.close()
  }

  #enter<Handle, T>(job: (handle: Handle) => Promise<T>): (handle: Handle) => Promise<T> {
    if (this.#closing) throw new Problem('stopping', 'The service is stopping.')
    return this.#nesting.enter(job)
  }

  async #drainReads(): Promise<void> {
    await nextTurn()
    await this.#runReads(this.#reads.splice(0), this.#settings.jobMs)
    this.#settleReads()
  }

  #settleReads(): void {
    this.#readerBusy = this.#reads.length > 0 ? this.#drainReads() : undefined
  }

  async #runReads(jobs: Job<Reader>[], jobMs: number): Promise<void> {
    const { statements, kysely } = this.#reading
    const limit = new TimeLimit(jobMs)
    let outcomes: PromiseSettledResult<Answer>[]
    try {
      await whenFree(() => this.#reading.beginReading(), this.#settings.waitMs)
      limit.start()
      outcomes = await Promise.allSettled(jobs.map((job) => limit.hold(job.run(kysely))))
      statements.run(COMMIT)
    } catch (error) {
      this.#reading.abandon()
      for (const job of jobs) job.reject(translate(error))
      return
    } finally {
      limit.stop()
    }
    settle(jobs, outcomes)
  }

  async #drainWrites(): Promise<void> {
    // A request takes some turns of the event loop from its socket to here; those on their way join the group.
    for (let turn = 0; turn < GATHERING_TURNS; turn += 1) await nextTurn()
    await this.#commitGroup(this.#writes.splice(0, GROUP_SIZE), this.#settings.waitMs, this.#settings.jobMs)
    this.#settleWrites()
  }

  #settleWrites(): void {
    this.#writerBusy = this.#writes.length > 0 ? this.#drainWrites() : undefined
  }

  async #commitGroup(jobs: Job<Writer>[], waitMs: number, jobMs: number): Promise<void> {
    const { statements, kysely } = this.#writing
    const limit = new TimeLimit(jobMs)
    const outcomes: PromiseSettledResult<Answer>[] = []
    try {
      await whenFree(() => statements.run(BEGIN_WRITING), waitMs)
      for (const job of jobs) {
        limit.start()
        const run = (writer: Writer) => limit.hold(job.run(writer))
        outcomes.push(...(await Promise.allSettled([kysely.transaction().execute(run)])))
        // Some failures (a full disk) end the whole transaction: then nobody in the group has written anything.
        if (!statements.inTransaction) throw lastReason(outcomes)
      }
      statements.run(COMMIT)
    } catch (error) {
      this.#writing.abandon()
      for (const job of jobs) job.reject(translate(error))
      return
    } finally {
      limit.stop()
    }
    settle(jobs, outcomes)
  }
}

const BEGIN_WRITING = { sql: 'begin immediate', parameters: [] }
const BEGIN = { sql: 'begin', parameters: [] }
const SNAPSHOT = { sql: 'select 1 from sqlite_schema limit 1', parameters: [] }
const COMMIT = { sql: 'commit', parameters: [] }
const ROLLBACK = { sql: 'rollback', parameters: [] }

class Connection {
  readonly database: Database.Database
  readonly statements: Statements
  readonly kysely: Kysely<DB>

  constructor(database: Database.Database) {
    this.database = database
    this.statements = new Statements(database)
    this.kysely = new Kysely<DB>({ dialect: new SavepointDialect(database, this.statements) })
  }

  /** `begin` alone takes no snapshot: the first select does, and is the one that can find the file locked. */
  beginReading(): void {
    if (!this.statements.inTransaction) this.statements.run(BEGIN)
    this.statements.run(SNAPSHOT)
  }

  /** Ends what is left of a failed transaction. */
  abandon(): void {
    try {
      if (this.statements.inTransaction) this.statements.run(ROLLBACK)
    } catch {
      // The failure that led here is the one to tell; the next `begin` meets this one again.
    }
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

function lastReason(outcomes: PromiseSettledResult<unknown>[]): unknown {
  const last = outcomes.at(-1)
  return last?.status === 'rejected' ? last.reason : new Error('the transaction ended early')
}
