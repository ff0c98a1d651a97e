/** Ends the waiting for jobs that wait for something else than the database, and keep everybody else waiting. */
export class TimeLimit {
  readonly #limitMs: number
  #timer: NodeJS.Timeout | undefined
  #late = Promise.withResolvers<never>()

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  start(): void {
    if (this.#limitMs === Number.POSITIVE_INFINITY) return
    if (this.#timer !== undefined) {
      this.#timer.refresh()
      return
    }
    this.#late.promise.catch(() => {})
    this.#timer = setTimeout(() => {
      this.#late.reject(new Error(`a database job was given up after ${this.#limitMs} ms`))
      // The next job of the group has its own time.
      this.#timer = undefined
      this.#late = Promise.withResolvers()
    }, this.#limitMs)
  }

  hold<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#late.promise])
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
