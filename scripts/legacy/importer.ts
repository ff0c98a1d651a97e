import type { Insertable } from 'kysely'
import type { DB } from '../../src/db/schema.gen.ts'
import type { Writer } from '../../src/db/types.ts'
import { type LegacyDatabase, type LegacyTable, Refusal } from './database.ts'
import { Fields } from './fields.ts'
import type { Findings } from './findings.ts'
import type { Plan } from './plan.ts'

/** What the writers of the tables need besides the plan. */
export interface WriteContext {
  plan: Plan
  /** The default location. */
  locationId: number
  /** Who records the opening balances. */
  actorId: number
}

/** Takes one table over. A further table is one more of these, in a file of its own, named in `importers.ts`. */
export interface Importer {
  /** The table of the service. */
  readonly target: 'users' | 'categories' | 'products' | 'stock'
  /** What the table was called in the shapes of the Flask system. */
  readonly names: readonly string[]
  /** Column → what it was called; those that are required come first. */
  readonly columns: { readonly [column: string]: readonly string[] }
  readonly required: readonly string[]
  /** Puts what the rows become into the plan; what cannot be kept is refused by the way. */
  prepare(rows: Fields[], plan: Plan, findings: Findings): void
  write(trx: Writer, context: WriteContext): Promise<void>
  /** How many rows the service has afterwards. */
  count(plan: Plan): number
}

/** A table of the Flask system together with who takes it over. */
export interface Found {
  importer: Importer
  /** Undefined: this database has none. */
  table: LegacyTable | undefined
  rows: Fields[]
  /** Columns that nothing is made of. */
  left: string[]
}

/** Finds the table of an importer. @throws Refusal when it is there twice, or lacks a column */
export function findTable(database: LegacyDatabase, importer: Importer, findings: Findings): Found {
  const present = importer.names.map((name) => database.tables.get(name)).filter((table) => table !== undefined)
  const filled = present.filter((table) => table.count > 0)
  if (filled.length > 1) {
    const names = filled.map((table) => table.name).join(' and ')
    throw new Refusal(`Both ${names} hold rows: remove the one that the Flask system does not use, then repeat.`)
  }
  const table = filled[0] ?? present[0]
  if (table === undefined) return { importer, table, rows: [], left: [] }
  const columns = columnsOf(table, importer)
  const context = { table: table.name, columns, findings }
  const used = new Set(columns.values())
  return {
    importer,
    table,
    rows: table.rows.map((row, index) => new Fields(row, index + 1, context)),
    left: table.columns.filter((column) => !used.has(column)),
  }
}

function columnsOf(table: LegacyTable, { columns, required }: Importer): Map<string, string> {
  const found = new Map<string, string>()
  for (const [column, names] of Object.entries(columns)) {
    const name = names.find((candidate) => table.columns.includes(candidate))
    if (name !== undefined) found.set(column, name)
    else if (required.includes(column)) {
      throw new Refusal(
        `The table ${table.name} has no column ${names.join(' or ')}: it is none of the Flask system's.`,
      )
    }
  }
  return found
}

const ROWS_AT_ONCE = 500

/** Inserts rows in parts, for a statement holds only so many values. */
export async function insertRows<T extends keyof DB>(
  trx: Writer,
  table: T,
  rows: readonly Insertable<DB[T]>[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await trx
      .insertInto(table)
      .values(rows.slice(from, from + ROWS_AT_ONCE) as never)
      .execute()
  }
}

/** The rows whose id is one, and is that of no other row. */
export function withIds(rows: Fields[]): { id: number; fields: Fields }[] {
  const seen = new Set<number>()
  return rows.flatMap((fields) => {
    const id = fields.id()
    if (id === undefined) return []
    if (seen.has(id)) fields.refuse('id', 'is that of another row too')
    seen.add(id)
    return [{ id, fields }]
  })
}
