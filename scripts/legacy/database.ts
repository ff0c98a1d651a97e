/** The old database as it is read: every value as text, so that no number is rounded on its way. */
export type Cell = string | null | Unreadable

/** A value that is no text, number or time: bytes that nobody can tell the meaning of. */
export class Unreadable {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

export type Row = Record<string, Cell>

export interface LegacyTable {
  /** In lower case, like the columns. */
  name: string
  columns: string[]
  count: number
  /** Only of the tables that were asked for. */
  rows: Row[]
}

export interface LegacyDatabase {
  /** Where it is, for people; without a user's name or password. */
  place: string
  tables: Map<string, LegacyTable>
}

/** Stops the import with nothing written; the message says why, and the way out. */
export class Refusal extends Error {}

/** A name of the database's own in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
