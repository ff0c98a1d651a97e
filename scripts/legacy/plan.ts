import type { Insertable } from 'kysely'
import type { Categories, Products, Stock, Users } from '../../src/db/schema.gen.ts'

type WithId<Table> = Insertable<Table> & { id: number }

/** A level to make; what is on hand comes in by the ledger. */
export type PlannedLevel = WithId<Omit<Stock, 'location_id'>> & {
  /** Thousandths. */
  opening: number
}

/** What is to be written, whole before the first of it is. */
export interface Plan {
  /** The time of the import, for what has none. */
  now: string
  users: WithId<Users>[]
  categories: WithId<Categories>[]
  products: (WithId<Products> & { decimals: number })[]
  levels: PlannedLevel[]
}

export const emptyPlan = (now: string): Plan => ({ now, users: [], categories: [], products: [], levels: [] })

/** The id after the largest. */
export const nextId = (rows: readonly { id: number }[]): number =>
  rows.reduce((largest, row) => Math.max(largest, row.id), 0) + 1

/**
 * The first name of a series that nobody has yet; it is taken from then on.
 *
 * @param keyOf the form in which names are unique
 * @param name the name to try at an attempt, from 1 on
 */
export function distinct(
  taken: Set<string>,
  keyOf: (name: string) => string,
  name: (attempt: number) => string,
): string {
  for (let attempt = 1; ; attempt += 1) {
    const key = keyOf(name(attempt))
    if (taken.has(key)) continue
    taken.add(key)
    return name(attempt)
  }
}
