import type { Reader, Writer } from '../db/types.ts'
import type { Explain } from '../db/violations.ts'
import { Problem } from '../errors.ts'
import type { Actor } from './actor.ts'

/**
 * What one write did to one thing: what is kept of it before and after, in the units of the tables and without secrets;
 * null where there was or is none. Of a movement the lines are in the ledger.
 */
export interface Change {
  /** `category`, `product`, `movement` and so on. */
  resource: string
  id: number
  before: object | null
  after: object | null
}

/**
 * One write: the transaction it happens in, who does it, and what is to be told of it. Whatever changes data is given
 * one, so that what belongs to a change (its trail, its events) is written with it or not at all.
 */
export interface Effect<By extends Actor | undefined = Actor> {
  /** The one handle to use. */
  readonly trx: Writer
  readonly actor: By
  /** Of the request, as in the log; undefined for work that no request asked for. */
  readonly requestId: string | undefined
  /**
   * Refuses when the caller knows another version than the one at hand.
   *
   * @throws Problem `precondition-failed`
   */
  requireVersion(version: number): void
  /** Notes a change, in the order they happen. */
  changed(change: Change): void
  /**
   * Refuses what must be unique and is taken: now, or by another write that is faster, which one of `constraints` finds out.
   *
   * @param constraints names in the database, such as `products_sku_key_unique`
   * @param find the refusal as long as somebody else has it; asked before the write, and again when a constraint refused
   * @throws Problem what `find` answers
   */
  requireUnique(constraints: string[], find: (db: Reader) => Promise<Problem | undefined>): Promise<void>
  /** Says what is answered when a constraint refuses; `reference` stands for those that tie rows together. */
  explain(constraint: string, problem: Explain): void
}

/** A write that perhaps nobody stands behind: a login that has not succeeded yet, failures counted, old rows removed. */
export type UnattendedEffect = Effect<Actor | undefined>

/** Who does something, and by what request. */
export interface Origin<By extends Actor | undefined> {
  actor: By
  requestId?: string | undefined
  requireVersion?: (version: number) => void
}

/** Told what a write changed, in its transaction: what it writes is part of it, and when it fails so does the write. */
export type Observer = (effect: UnattendedEffect, changes: readonly Change[]) => Promise<void>

const TAKEN = 'What must be unique was taken a moment ago; try again.'

export class TransactionEffect<By extends Actor | undefined> implements Effect<By> {
  readonly trx: Writer
  readonly actor: By
  readonly requestId: string | undefined
  readonly requireVersion: (version: number) => void
  readonly changes: Change[] = []
  readonly #explanations = new Map<string, Explain>()

  constructor(trx: Writer, { actor, requestId, requireVersion = () => {} }: Origin<By>) {
    this.trx = trx
    this.actor = actor
    this.requestId = requestId
    this.requireVersion = requireVersion
  }

  changed(change: Change): void {
    this.changes.push(change)
  }

  async requireUnique(constraints: string[], find: (db: Reader) => Promise<Problem | undefined>): Promise<void> {
    const taken = await find(this.trx)
    if (taken !== undefined) throw taken
    // Who took it can be gone again by the time it is asked.
    const explain: Explain = async (db) => (await find(db)) ?? new Problem('conflict', TAKEN)
    for (const constraint of constraints) this.explain(constraint, explain)
  }

  explain(constraint: string, problem: Explain): void {
    this.#explanations.set(constraint, problem)
  }

  /** The problem of a constraint that refused this write, if it is one that was foreseen. */
  async explanationOf(constraint: string, db: Reader): Promise<Problem | undefined> {
    return await this.#explanations.get(constraint)?.(db)
  }
}
