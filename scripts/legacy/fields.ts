import { clean } from '../../src/values/text.ts'
import { type Row, Unreadable } from './database.ts'
import { type Decimal, parseDecimal } from './decimals.ts'
import { type Findings, shown } from './findings.ts'

/** Ids end here, so that those to come are still exact. */
const MAX_ID = 9_000_000_000_000_000n

const WITHOUT_ZONE = 'Times without a zone are taken as UTC, and all are kept to the millisecond.'

const WITHOUT_TIME = 'Rows that do not say when they were made get the time of the import:'

/**
 * The values of one row. What cannot be kept is refused and stands for a harmless value from then on, so that everything
 * that is wrong is found in one go.
 */
export class Fields {
  readonly findings: Findings
  readonly #table: string
  readonly #row: Row
  readonly #number: number
  /** Column of the service → column of this database. */
  readonly #columns: ReadonlyMap<string, string>

  constructor(
    row: Row,
    number: number,
    { table, columns, findings }: { table: string; columns: ReadonlyMap<string, string>; findings: Findings },
  ) {
    this.#row = row
    this.#number = number
    this.#table = table
    this.#columns = columns
    this.findings = findings
  }

  /** The row, as people find it: `products 9`. */
  get place(): string {
    const id = this.#value('id')
    return typeof id === 'string' ? `${this.#table} ${shown(id).slice(1, -1)}` : `${this.#table}, row ${this.#number}`
  }

  /** @returns undefined, and it is refused, when it is no id */
  id(): number | undefined {
    const id = this.reference('id')
    if (id !== null) return id
    this.refuse('id', 'is missing')
    return undefined
  }

  /** An id of a row of another table; null when there is none. @returns undefined when it is refused */
  reference(column: string): number | null | undefined {
    const text = this.#text(column)
    if (typeof text !== 'string') return text
    const number = parseDecimal(text)
    if (number?.scale === 0 && number.unscaled > 0n && number.unscaled <= MAX_ID) return Number(number.unscaled)
    this.refuse(column, `is ${shown(text)}, not an id from 1 to ${MAX_ID}`)
    return undefined
  }

  /**
   * Text as the service keeps it; what control characters it has are dropped, or are spaces where they part words.
   *
   * @param max characters; longer text is refused
   * @param options.lines whether it may have several lines
   * @returns empty when there is none
   */
  text(column: string, max: number, { lines = false } = {}): string {
    const written = this.#text(column)
    // In the place of what is refused, so that it does not count as missing too.
    if (written === undefined) return `row-${this.#number}@unreadable`
    const text = written ?? ''
    const visible = (lines ? text : text.replaceAll(/[\t\n\r]+/g, ' ')).replaceAll(/(?![\t\n\r])\p{Cc}/gu, '')
    if (visible !== text) {
      this.findings.repair(
        'Control characters are dropped from text:',
        `${this.place}, ${this.#name(column)}: ${shown(text)}`,
      )
    }
    const cleaned = clean(visible)
    const length = [...cleaned].length
    if (length > max) this.refuse(column, `has ${length} characters, of at most ${max}: shorten it`)
    return cleaned
  }

  /** Text that is nobody's to change: a hash. */
  verbatim(column: string): string {
    return this.#text(column) ?? ''
  }

  /** @returns null where there is none; undefined when it is refused */
  decimal(column: string): Decimal | null | undefined {
    const text = this.#text(column)
    if (typeof text !== 'string') return text
    const number = parseDecimal(text)
    if (number === undefined) this.refuse(column, `is ${shown(text)}, not a number${hintFor(text)}`)
    return number
  }

  /** @returns null where there is none */
  flag(column: string): boolean | null {
    const written = this.#text(column)
    if (typeof written !== 'string') return null
    const text = written.trim().toLowerCase()
    if (/^(1|t|true)$/.test(text)) return true
    if (!/^(0|f|false)$/.test(text)) this.refuse(column, `is ${shown(text)}, neither true nor false`)
    return false
  }

  /** An instant in the form that is kept; null where there is none. @returns undefined when it is refused */
  time(column: string): string | null | undefined {
    const text = this.#text(column)
    if (typeof text !== 'string') return text
    const instant = toInstant(text)
    if (instant === undefined) {
      this.refuse(column, `is ${shown(text)}, not a date and time such as 2024-01-31 12:00:00`)
      return undefined
    }
    if (!this.findings.notes.includes(WITHOUT_ZONE)) this.findings.note(WITHOUT_ZONE)
    return instant
  }

  /** When the row was made and last changed. @param now for one that does not know */
  times(now: string): { created_at: string; updated_at: string } {
    const created_at = this.time('created_at')
    if (created_at === null) this.findings.repair(WITHOUT_TIME, this.place)
    return { created_at: created_at ?? now, updated_at: this.time('updated_at') ?? created_at ?? now }
  }

  refuse(column: string, detail: string): void {
    this.findings.refuse(`${this.place}, ${this.#name(column)}`, detail)
  }

  /** What the column is called in the old database. */
  #name(column: string): string {
    return this.#columns.get(column) ?? column
  }

  #value(column: string): Row[string] {
    return this.#row[this.#name(column)] ?? null
  }

  /** @returns undefined when it is refused */
  #text(column: string): string | null | undefined {
    const value = this.#value(column)
    if (!(value instanceof Unreadable)) return value
    this.refuse(column, value.reason)
    return undefined
  }
}

/** For people who write a comma; with three digits after it, it may part thousands. */
function hintFor(text: string): string {
  const [, whole, fraction] = /^\s*(-?\d+),(\d{1,2}|\d{4,})\s*$/.exec(text) ?? []
  return whole === undefined ? '' : `: write it with a point, ${shown(`${whole}.${fraction}`).slice(1, -1)}`
}

const INSTANT =
  /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?\s*$/i

/** Reads a time with or without a zone; without one it is UTC, as the Flask system wrote it. */
export function toInstant(text: string): string | undefined {
  const match = INSTANT.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = match
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const local = new Date(`${written}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
  // A 30 February would become a March day.
  if (Number.isNaN(local.getTime()) || !local.toISOString().startsWith(written)) return undefined
  const instant = new Date(local.getTime() - offsetMinutes(zone) * 60_000)
  return /^(?!0000)\d{4}-/.test(instant.toISOString()) ? instant.toISOString() : undefined
}

function offsetMinutes(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  const offset = Number(hours) * 60 + Number(minutes)
  return sign === '-' ? -offset : offset
}
