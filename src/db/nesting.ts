import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Tells a store that is used from within one of its own jobs. On SQLite such a use would wait for ever for the job
 * around it, on PostgreSQL until the pool is used up; it is a programmer's error, so it fails at once and everywhere.
 */
export class Nesting {
  readonly #around = new AsyncLocalStorage<{ running: boolean }>()

  /**
   * @returns the job, known as running while it runs
   * @throws AssertionError when called by a job that is still running
   */
  enter<Handle, T>(job: (handle: Handle) => Promise<T>): (handle: Handle) => Promise<T> {
    // What a job leaves behind (a timer, an event) may come back when the job is over: that is no nesting.
    assert(!this.#around.getStore()?.running, 'the store was used inside one of its own jobs: use the handle it gave')
    return async (handle) => {
      const state = { running: true }
      try {
        return await this.#around.run(state, job, handle)
      } finally {
        state.running = false
      }
    }
  }
}
