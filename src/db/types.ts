import type { Expression, Kysely, Transaction } from 'kysely'
import type { DB } from './schema.gen.ts'

/** What a reading function is given: queries only, all of one snapshot. A writer can be given too. */
export type Reader = Pick<
  Kysely<DB>,
  'selectFrom' | 'with' | 'fn' | 'case' | 'executeQuery' | 'getExecutor' | 'introspection'
>

/** What a writing function is given: the one handle to use inside its transaction. */
export type Writer = Transaction<DB>

/** A value of a query, or what stands for it. */
export type Operand<T> = T | Expression<T>

export type Engine = 'sqlite' | 'postgresql'

/**
 * The one door to the database. Nothing else opens a transaction, and inside one only the handle it was
 * given is used: on SQLite a second door opened from within would wait for ever.
 */
export interface Store {
  readonly engine: Engine
  /** Runs `job` on one consistent snapshot, however many statements it takes. */
  read<T>(job: (reader: Reader) => Promise<T>): Promise<T>
  /** Like `read`, for long work such as a copy of everything: no limit of time. */
  snapshot<T>(job: (reader: Reader) => Promise<T>): Promise<T>
  /** Runs `job`, which makes exactly one statement: a statement is its own snapshot, so no transaction is opened for it. */
  query<T>(job: (reader: Reader) => Promise<T>): Promise<T>
  /**
   * Runs `job` in a transaction and resolves after its durable commit, or rejects with nothing written.
   * `job` may run more than once (serialisation failures are retried whole), so it does nothing but database work.
   *
   * @throws Problem `database-busy` when a lock was not had in time, `database-unavailable` when there is no connection
   */
  write<T>(job: (writer: Writer) => Promise<T>): Promise<T>
  /** Like `write`, for migrations and other long work: no statement limit, and up to `waitMs` for another such job to end. */
  exclusive<T>(job: (writer: Writer) => Promise<T>, waitMs: number): Promise<T>
  /** Resolves when the database answers. */
  ping(): Promise<void>
  /** Waits for work under way, then closes every connection. */
  close(): Promise<void>
}

/** The half of the door that changes nothing: what modules are given. What they write goes through `Effects`. */
export type ReadStore = Pick<Store, 'engine' | 'read' | 'query' | 'snapshot'>
