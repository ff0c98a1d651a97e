import type { Pool, PoolClient } from 'pg'

interface Held {
  client: Promise<PoolClient>
  /** Until then it may be among those who wait for a connection of the pool itself. */
  isGiven: boolean
  users: number
}

/** At most this many wait for one connection's answers; each answer of a quick statement comes within a millisecond. */
const MAX_USERS = 32

/**
 * One connection for all quick statements that are under way: they travel together, and the server answers them in one
 * go. It is taken from the pool by the first of them and given back after the last.
 */
export class SharedClient {
  readonly #pool: Pool
  #held: Held | undefined

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Runs one statement; it may not begin a transaction. Undefined when a connection of its own is better. */
  run<T>(statement: (client: PoolClient) => Promise<T>): Promise<T> | undefined {
    const held = this.#held ?? this.#hold()
    if (held === undefined || held.users >= MAX_USERS || this.#areOthersWaiting(held)) return undefined
    held.users += 1
    return this.#use(held, statement)
  }

  #hold(): Held | undefined {
    if (this.#pool.waitingCount > 0) return undefined
    const held: Held = { client: this.#pool.connect(), isGiven: false, users: 0 }
    held.client.then(
      () => {
        held.isGiven = true
      },
      () => {},
    )
    this.#held = held
    return held
  }

  /** Whoever waits for a connection gets this one as soon as those who have it are done. */
  #areOthersWaiting(held: Held): boolean {
    return this.#pool.waitingCount > (held.isGiven ? 0 : 1)
  }

  async #use<T>(held: Held, statement: (client: PoolClient) => Promise<T>): Promise<T> {
    try {
      return await statement(await held.client)
    } catch (error) {
      // Perhaps the connection is broken; those who come next begin with another one.
      this.#leaveAlone(held)
      throw error
    } finally {
      held.users -= 1
      if (held.users === 0) {
        this.#leaveAlone(held)
        held.client.then(
          (client) => client.release(),
          () => {},
        )
      }
    }
  }

  #leaveAlone(held: Held): void {
    if (this.#held === held) this.#held = undefined
  }
}
