import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Store } from '../db/types.ts'
import type { Effects } from '../http/effects.ts'
import { now, secondsFrom } from '../values/time.ts'
import { type Claim, claimJob, finishJob, type Outcome, renewClaim } from './claims.ts'
import type { Job } from './job.ts'

export interface Clock {
  now(): string
  /** Resolves after so long, or rejects when `signal` is aborted; keeps no process alive. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface RunnerOptions {
  store: Store
  effects: Pick<Effects, 'perform'>
  log: FastifyBaseLogger
  /** Rejects while the database is not ready for jobs; why is told elsewhere. */
  ready?: () => Promise<void>
  clock?: Clock
  /** From 0 to 1, as Math.random. */
  random?: () => number
}

const CLOCK: Clock = { now, sleep: (ms, signal) => sleep(ms, undefined, { signal, ref: false }) }

/** Processes that start together, or wait for the same job, look at it within this time, not at once. */
const JITTER_MS = 60_000
/** How long until a job is looked at again when the database could not tell whether it is due. */
const RETRY_MS = 60_000

/**
 * Runs jobs when they are due, each by itself, so that neither a slow nor a failing one holds another up. All processes on
 * one database have such a runner; each run is claimed in the database, so that one of them does it.
 */
export class JobRunner {
  readonly #jobs: Job[]
  readonly #store: Store
  readonly #effects: Pick<Effects, 'perform'>
  readonly #log: FastifyBaseLogger
  readonly #ready: () => Promise<void>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #stopping = new AbortController()
  #loops: Promise<void>[] = []

  constructor(jobs: Job[], options: RunnerOptions) {
    const { store, effects, log, ready = async () => {}, clock = CLOCK, random = Math.random } = options
    this.#jobs = jobs
    this.#store = store
    this.#effects = effects
    this.#log = log
    this.#ready = ready
    this.#clock = clock
    this.#random = random
  }

  start(): void {
    this.#loops = this.#jobs.map((job) => this.#loop(job))
  }

  /** Begins no run any more and waits for those under way, which are told to come to their end. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#loops)
  }

  async #loop(job: Job): Promise<void> {
    const { signal } = this.#stopping
    for (let waitMs = 0; ; waitMs = await this.#look(job)) {
      const jitterMs = this.#random() * Math.min(JITTER_MS, job.everySeconds * 1000)
      await this.#clock.sleep(waitMs + jitterMs, signal).catch(() => {})
      if (signal.aborted) return
    }
  }

  /** @returns how long until it is worth looking again, in milliseconds */
  async #look(job: Job): Promise<number> {
    try {
      await this.#ready()
    } catch {
      return RETRY_MS
    }
    if (this.#stopping.signal.aborted) return 0
    try {
      const dueAt = await this.runIfDue(job)
      const waitMs = Date.parse(dueAt) - Date.parse(this.#clock.now())
      return Math.min(Math.max(waitMs, 0), job.everySeconds * 1000)
    } catch (error) {
      this.#log.warn({ job: job.name, err: error }, 'whether the job is due is not known')
      return RETRY_MS
    }
  }

  /**
   * Runs a job if it is due and no other process is at it. A run that fails is told in the log, and tried again when it
   * is due the next time.
   *
   * @returns when it is due the next time, as far as can be told now
   */
  async runIfDue(job: Job): Promise<string> {
    const instant = this.#clock.now()
    const found = await claimJob(this.#store, job, instant)
    if ('dueAt' in found) return found.dueAt
    const outcome = this.#stopping.signal.aborted ? 'stopped' : await this.#run(job, found.claim)
    await finishJob(this.#store, found.claim, { outcome, instant: this.#clock.now() })
    return secondsFrom(instant, job.everySeconds)
  }

  async #run(job: Job, claim: Claim): Promise<Outcome> {
    const { signal } = this.#stopping
    const began = performance.now()
    const line = () => ({ job: job.name, ms: Math.round(performance.now() - began) })
    try {
      const did = await job.run({
        write: (step) =>
          this.#effects.perform({}, async (effect) => {
            await renewClaim(effect.trx, claim, this.#clock.now())
            return await step(effect)
          }),
        signal,
        now: () => this.#clock.now(),
      })
      this.#log.info({ ...line(), did }, signal.aborted ? 'job stopped' : 'job done')
      return signal.aborted ? 'stopped' : 'done'
    } catch (error) {
      this.#log.warn({ ...line(), err: error }, 'job failed; it is tried again at its next turn')
      return 'failed'
    }
  }
}
