import type { Store, Writer } from '../db/types.ts'
import { secondsFrom } from '../values/time.ts'
import type { Job } from './job.ts'

/** A job belongs to the process that runs it until then; each of its steps begins this time anew. */
const LEASE_SECONDS = 300
/** A start so far in the future was written by a clock that was wrong; it must not hold a job up until then. */
const AHEAD_SECONDS = 3600

export interface Claim {
  name: string
  /** The number of this run. Who has a lower one has lost the job. */
  run: number
}

/** One that was stopped with its process goes on as soon as another one looks. */
export type Outcome = 'done' | 'stopped' | 'failed'

/**
 * Claims a job that is due and that nobody else has. One statement, so that of two processes one has it.
 *
 * A table and not an advisory lock, for SQLite has none, a pooler hands a connection and its locks on, and what was
 * claimed has to be known after a restart.
 *
 * @param instant now
 * @returns the claim, or when to look again
 */
export async function claimJob(
  store: Store,
  { name, everySeconds }: Job,
  instant: string,
): Promise<{ claim: Claim } | { dueAt: string }> {
  const lease_ends_at = secondsFrom(instant, LEASE_SECONDS)
  return await store.write(async (writer) => {
    const claim = await writer
      .insertInto('jobs')
      .values({ name, run: 1, started_at: instant, lease_ends_at })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet((eb) => ({
            run: eb('jobs.run', '+', 1),
            started_at: instant,
            lease_ends_at,
            finished_at: null,
            outcome: null,
          }))
          .where((eb) => {
            const isOver = eb.or([eb('jobs.finished_at', 'is not', null), eb('jobs.lease_ends_at', '<=', instant)])
            const isDue = eb.or([
              eb('jobs.started_at', '<=', secondsFrom(instant, -everySeconds)),
              eb('jobs.outcome', '=', 'stopped'),
            ])
            const isWrong = eb('jobs.started_at', '>', secondsFrom(instant, AHEAD_SECONDS))
            return eb.or([eb.and([isDue, isOver]), isWrong])
          }),
      )
      .returning(['name', 'run'])
      .executeTakeFirst()
    return claim ? { claim } : { dueAt: await findDue(writer, name, everySeconds) }
  })
}

async function findDue(writer: Writer, name: string, everySeconds: number): Promise<string> {
  const { started_at, finished_at, lease_ends_at } = await writer
    .selectFrom('jobs')
    .select(['started_at', 'finished_at', 'lease_ends_at'])
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  const dueAt = secondsFrom(started_at, everySeconds)
  return finished_at === null && lease_ends_at > dueAt ? lease_ends_at : dueAt
}

/**
 * Keeps a claim for another lease; until the transaction ends nobody can take it.
 *
 * @throws Error when another process has the job by now
 */
export async function renewClaim(writer: Writer, { name, run }: Claim, instant: string): Promise<void> {
  const { numUpdatedRows } = await writer
    .updateTable('jobs')
    .set({ lease_ends_at: secondsFrom(instant, LEASE_SECONDS) })
    .where('name', '=', name)
    .where('run', '=', run)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new Error('another process took the job over')
}

/** Ends a run, unless another process has the job by now. */
export async function finishJob(
  store: Store,
  { name, run }: Claim,
  { outcome, instant }: { outcome: Outcome; instant: string },
): Promise<void> {
  await store.write((writer) =>
    writer
      .updateTable('jobs')
      .set({ finished_at: instant, outcome })
      .where('name', '=', name)
      .where('run', '=', run)
      .execute(),
  )
}
