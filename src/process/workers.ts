import cluster, { type Worker } from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'

/** What a worker is told when it is to stop; it may have had the signal itself already. */
export const STOP = 'stop'

/** Which of the workers this process is, from 1 on; one that starts in the place of another has its number. */
export const workerNumber = (): number | undefined => (cluster.isWorker ? Number(process.argv[2]) : undefined)

/** A worker that lived at least so long is started again at once; one that dies young is waited with, ever longer. */
const HEALTHY_MS = 10_000
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 10_000

/**
 * Runs `count` processes of this program that share its port, starts another one for each that dies, and ends when all
 * have ended after a stop. They start one after the other: the first finds out whether the service can start at all.
 *
 * @param stopMs by when a worker has ended that was told to
 */
export function supervise(count: number, stopMs: number, log: FastifyBaseLogger): void {
  new Supervisor(count, stopMs, log).start()
}

class Supervisor {
  readonly #count: number
  readonly #stopMs: number
  readonly #log: FastifyBaseLogger
  readonly #startedAt = new Map<Worker, number>()
  readonly #numbers = new Map<Worker, number>()
  readonly #listening = new Set<Worker>()
  /** Whether one ever served: then what makes one die is no reason to give up. */
  #served = false
  #stopping = false
  #failed = false
  #delayMs = FIRST_DELAY_MS

  constructor(count: number, stopMs: number, log: FastifyBaseLogger) {
    this.#count = count
    this.#stopMs = stopMs
    this.#log = log
  }

  start(): void {
    cluster.on('listening', (worker) => this.#onListening(worker))
    cluster.on('exit', (worker, code, signal) => this.#onExit(worker, code, signal))
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#stop(signal))
    this.#fork()
  }

  #fork(): void {
    if (this.#stopping || this.#startedAt.size >= this.#count) return
    const taken = new Set(this.#numbers.values())
    let number = 1
    while (taken.has(number)) number += 1
    cluster.setupPrimary({ args: [String(number)] })
    const worker = cluster.fork()
    this.#numbers.set(worker, number)
    this.#startedAt.set(worker, performance.now())
  }

  #onListening(worker: Worker): void {
    this.#listening.add(worker)
    this.#served = true
    this.#fork()
  }

  #onExit(worker: Worker, code: number | null, signal: string | null): void {
    const lived = performance.now() - (this.#startedAt.get(worker) ?? 0)
    this.#startedAt.delete(worker)
    this.#numbers.delete(worker)
    const wasServing = this.#listening.delete(worker)
    if (this.#stopping) {
      if (wasServing && code !== 0) this.#failed = true
      if (this.#startedAt.size === 0) process.exit(this.#failed ? 1 : 0)
      return
    }
    // It has said why.
    if (!this.#served) process.exit(code || 1)
    if (lived >= HEALTHY_MS) this.#delayMs = FIRST_DELAY_MS
    this.#log.error(
      { worker: worker.process.pid, code, signal },
      `a worker died; another starts in ${this.#delayMs} ms`,
    )
    setTimeout(() => this.#fork(), this.#delayMs)
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS)
  }

  #stop(signal: string): void {
    if (this.#stopping) {
      this.#log.error(`second ${signal}, exiting`)
      this.#kill()
    }
    this.#stopping = true
    this.#log.info({ signal, workers: this.#startedAt.size }, 'stopping')
    for (const worker of this.#startedAt.keys()) {
      // One that does not serve yet does not listen to what it is told either.
      if (this.#listening.has(worker)) worker.send(STOP)
      else worker.process.kill('SIGKILL')
    }
    if (this.#startedAt.size === 0) process.exit(0)
    setTimeout(() => this.#kill(), this.#stopMs).unref()
  }

  #kill(): never {
    for (const worker of this.#startedAt.keys()) worker.process.kill('SIGKILL')
    process.exit(1)
  }
}
