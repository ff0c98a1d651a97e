import { printable } from '../database/printable.ts'

/** What was found on the way: what is repaired, by kind and in the order found, and what is refused. */
export class Findings {
  readonly repairs = new Map<string, string[]>()
  readonly notes: string[] = []
  readonly refusals: string[] = []

  /** @param kind a sentence that is true of every one of its kind, with a colon at its end */
  repair(kind: string, detail: string): void {
    const details = this.repairs.get(kind) ?? []
    this.repairs.set(kind, details)
    details.push(detail)
  }

  /** Something to know that changes nothing. */
  note(sentence: string): void {
    this.notes.push(sentence)
  }

  /** @param place row and column, such as `products 9, price` */
  refuse(place: string, detail: string): void {
    this.refusals.push(`${place}: ${detail}`)
  }
}

const MAX_SHOWN = 60

/** A value of the old database as it may be printed: cut short, and with no sign that a terminal would obey. */
export function shown(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return printable(JSON.stringify(cut))
}
