import type { WriteStream } from 'node:tty'

const REDRAW_MS = 100
const LINE_MS = 10_000
const BAR = 24

/**
 * How far a long work is: a bar that is drawn anew on a terminal (rows, rate, what is left), and a line now and then
 * where nobody watches.
 */
export class Progress {
  readonly #stream: WriteStream
  readonly #label: string
  readonly #total: number
  readonly #started = performance.now()
  #done = 0
  #shownAt = performance.now()

  constructor(label: string, total: number, stream: WriteStream = process.stderr) {
    this.#stream = stream
    this.#label = label
    this.#total = total
  }

  add(count: number): void {
    this.#done += count
    const now = performance.now()
    if (now - this.#shownAt < (this.#stream.isTTY ? REDRAW_MS : LINE_MS)) return
    this.#shownAt = now
    this.#show()
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K')
  }

  #show(): void {
    const text = describeProgress(this.#label, this.#done, this.#total, performance.now() - this.#started)
    if (!this.#stream.isTTY) this.#stream.write(`${text}\n`)
    else this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns || 80) - 1)}`)
  }
}

/** One line; `done` may pass `total` when rows are added meanwhile. */
export function describeProgress(label: string, done: number, total: number, ms: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const rate = done / Math.max(ms / 1000, 0.001)
  const seconds = Math.ceil(Math.max(0, total - done) / Math.max(rate, 1))
  const bar = '█'.repeat(Math.round(share * BAR)).padEnd(BAR, '░')
  const left = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`
  const count = (value: number) => Math.round(value).toLocaleString('en')
  return `${label} ${bar} ${Math.floor(share * 100)} % · ${count(done)} of ${count(total)} rows · ${count(rate)}/s · ${left} left`
}
