import assert from 'node:assert/strict'
import { translate } from './errors.ts'

/** Gives a result to whoever waits for it; not before it is committed. */
export type Answer = () => void

/** Work that waits for its turn on a connection. */
export interface Job<Handle> {
  run(handle: Handle): Promise<Answer>
  reject(error: unknown): void
}

export const jobOf = <Handle, T>(
  work: (handle: Handle) => Promise<T>,
  resolve: (result: T) => void,
  reject: (error: unknown) => void,
): Job<Handle> => ({
  async run(handle) {
    const result = await work(handle)
    return () => resolve(result)
  },
  reject,
})

/** Tells everybody what came of their jobs. */
export function settle(jobs: Pick<Job<never>, 'reject'>[], outcomes: PromiseSettledResult<Answer>[]): void {
  assert.equal(outcomes.length, jobs.length)
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') outcome.value()
    else jobs[index]?.reject(translate(outcome.reason))
  }
}
