import { createHmac } from 'node:crypto'
import { normalizeIP } from '@fastify/rate-limit'
import type { Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import type { Effects } from '../../http/effects.ts'
import { identityKey } from '../../values/text.ts'
import { now, secondsFrom } from '../../values/time.ts'
import * as repository from './repository.ts'

const WINDOW_SECONDS = 900

/**
 * Failures in a window before further guesses are refused. The pair stops somebody at a keyboard and locks nobody else
 * out; the other two are a wider net for many names from one address, and for one name from many addresses.
 */
const LIMITS = { pair: 5, address: 30, account: 30 }

/**
 * Guesses checked at once in this process. Each is counted before it is checked, so that no crowd slips through; right
 * passwords that arrive together must stay below the limit of the pair meanwhile. libuv hashes four at a time anyway.
 */
const AT_ONCE = LIMITS.pair - 1

interface Counter {
  key: string
  limit: number
}

/**
 * Limits how often passwords can be guessed, by name and by address, in every process on the same database.
 * Names are counted as they are given, known or not: whether a name exists cannot be told from it. They are kept as
 * HMACs only.
 */
export class LoginThrottle {
  readonly #effects: Effects
  readonly #key: Buffer
  readonly #gate = new Gate(AT_ONCE)

  /** @param secret SECRET_KEY */
  constructor(effects: Effects, secret: string) {
    this.#effects = effects
    this.#key = createHmac('sha256', secret).update('login throttle').digest()
  }

  /**
   * Carries out one guess.
   *
   * @param check whether it is right; a right one clears the failures of this name from this address
   * @returns what `check` returned
   * @throws Problem `too-many-attempts`, without asking `check`
   */
  async attempt<T>(name: string, address: string, check: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = identityKey(name)
    // Of IPv6, the network that one customer has; any address of it is theirs to use.
    const network = normalizeIP(address, 64)
    const pair = this.#counter('pair', key, network)
    const net = [this.#counter('address', network), this.#counter('account', key)]
    return await this.#gate.run(async () => {
      await this.#effects.perform({}, ({ trx }) => count(trx, [pair, ...net]))
      const result = await check()
      if (result !== undefined) await this.#effects.perform({}, ({ trx }) => forgive(trx, pair, net))
      return result
    })
  }

  #counter(kind: keyof typeof LIMITS, ...parts: string[]): Counter {
    const key = createHmac('sha256', this.#key)
      .update(JSON.stringify([kind, ...parts]))
      .digest('base64url')
    return { key, limit: LIMITS[kind] }
  }
}

// Both take the counters in the same order, kind by kind, so two transactions never wait for each other.

/** @throws Problem `too-many-attempts`, with nothing counted */
async function count(trx: Writer, counters: Counter[]): Promise<void> {
  const instant = now()
  const window_ends_at = secondsFrom(instant, WINDOW_SECONDS)
  for (const { key, limit } of counters) {
    const counted = await repository.countFailure(trx, { key, limit, instant, window_ends_at })
    if (counted === undefined) throw tooManyAttempts(instant, await repository.findWindow(trx, key))
  }
}

async function forgive(trx: Writer, pair: Counter, net: Counter[]): Promise<void> {
  await repository.clearFailures(trx, pair.key)
  for (const { key } of net) await repository.forgiveFailure(trx, key)
}

function tooManyAttempts(instant: string, window: { window_ends_at: string } | undefined): Problem {
  const milliseconds = Date.parse(window?.window_ends_at ?? instant) - Date.parse(instant)
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  const detail = `Too many failed logins; the next try is possible in ${seconds} s, also with the right password.`
  return new Problem('too-many-attempts', detail, { headers: { 'retry-after': String(seconds) } })
}

/** Lets so many jobs run at once; the others wait in line. */
class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(free: number) {
    this.#free = free
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await job()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}
