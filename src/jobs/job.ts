import type { Writer } from '../db/types.ts'
import type { UnattendedEffect } from '../http/effect.ts'

/** Work that nobody asks for, done now and then by one of the processes on a database. */
export interface Job {
  /** In kebab-case, the same for ever: under it the database knows when the job ran last. */
  name: string
  /** How long after its last start it is due again, across restarts and whichever process ran it. */
  everySeconds: number
  /**
   * Does it, in short steps that look at `signal`; a step may be the last one, and the next run goes on from there.
   *
   * @returns what was done, for the log: rows by what became of them
   */
  run(work: Work): Promise<Record<string, number>>
}

/** What a running job is given. */
export interface Work {
  /** Runs a step in a transaction, which keeps the job's claim or fails because another process has it now. */
  write<T>(step: (effect: UnattendedEffect) => Promise<T>): Promise<T>
  /** Aborted when the process stops. */
  signal: AbortSignal
  /** The instant now. */
  now(): string
}

/** Rows that one step removes: it is over within milliseconds, and requests come between it and the next. */
export const STEP_ROWS = 500

/**
 * Removes many rows in steps, so that a large number of them holds nobody up.
 *
 * @param remove removes up to so many rows, and answers how many they were
 * @returns how many were removed until none was left or the process stops
 */
export async function removeInSteps(
  { write, signal }: Work,
  remove: (writer: Writer, limit: number) => Promise<number>,
): Promise<number> {
  let sum = 0
  while (!signal.aborted) {
    const count = await write(({ trx }) => remove(trx, STEP_ROWS))
    sum += count
    if (count < STEP_ROWS) break
  }
  return sum
}
