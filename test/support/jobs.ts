import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { Store } from '../../src/db/types.ts'
import type { Job, Work } from '../../src/jobs/job.ts'
import type { Clock } from '../../src/jobs/runner.ts'
import { now } from '../../src/values/time.ts'
import { servicesOf } from './effects.ts'

/** What a runner gives a job, without a claim to keep. */
export const workOn = (store: Store, signal = new AbortController().signal): Work => ({
  write: (step) => servicesOf(store).effects.perform({}, step),
  signal,
  now,
})

/** A job that does nothing but what `run` does. */
export const jobOf = (name: string, run: Job['run'], everySeconds = 3600): Job => ({ name, everySeconds, run })

/** A clock that stands still until it is told to go on. */
export class TestClock implements Clock {
  #ms: number
  readonly #sleepers = new Set<{ until: number; wake(): void }>()

  constructor(instant = '2026-01-01T00:00:00.000Z') {
    this.#ms = Date.parse(instant)
  }

  now(): string {
    return new Date(this.#ms).toISOString()
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const sleeper = { until: this.#ms + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        reject(signal.reason)
      })
    })
  }

  /** Goes on, waking whoever slept until then. */
  advance(seconds: number): void {
    this.#ms += seconds * 1000
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#ms) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }

  /** Waits until so many sleep: whoever was woken has done what it woke for. */
  async sleeping(count: number): Promise<void> {
    while (this.#sleepers.size !== count) await new Promise((resolve) => setImmediate(resolve))
  }
}

export interface LogLine {
  level: string
  msg: string
  job?: string
  ms?: number
  did?: Record<string, number>
  err?: { message: string }
}

/** A log that is kept. */
export function keptLog(): { log: FastifyBaseLogger; lines: LogLine[] } {
  const lines: LogLine[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = pino({ formatters: { level: (level) => ({ level }) } }, { write }) as FastifyBaseLogger
  return { log, lines }
}
