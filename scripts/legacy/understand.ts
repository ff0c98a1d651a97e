import { now } from '../../src/values/time.ts'
import { type LegacyDatabase, type LegacyTable, Refusal } from './database.ts'
import { Findings } from './findings.ts'
import { type Found, findTable } from './importer.ts'
import { IMPORTERS, LATER } from './importers.ts'
import { emptyPlan, type Plan } from './plan.ts'

/** What an old database is taken for, and what is to become of it. */
export interface Understanding {
  place: string
  shape: string
  found: Found[]
  /** Known, and not taken over yet. */
  later: { table: LegacyTable; word: string }[]
  /** Not known. */
  unknown: LegacyTable[]
  findings: Findings
  plan: Plan
}

/** Works out the import, and touches nothing. @throws Refusal when this is no database of the Flask system */
export function understand(database: LegacyDatabase): Understanding {
  const findings = new Findings()
  const plan = emptyPlan(now())
  if (!database.tables.has('products')) {
    const names = [...database.tables.keys()].slice(0, 10).join(', ') || 'none'
    throw new Refusal(
      `In ${database.place} is no table products, so it is not the Flask system's. Its tables: ${names}.`,
    )
  }
  const found = IMPORTERS.map((importer) => findTable(database, importer, findings))
  for (const { importer, rows } of found) importer.prepare(rows, plan, findings)
  const tables = [...database.tables.values()]
  const known = new Set(IMPORTERS.flatMap(({ names }) => names))
  return {
    place: database.place,
    shape: shapeOf(database),
    found,
    later: tables.flatMap((table) => {
      const word = LATER.get(table.name)
      return word === undefined ? [] : [{ table, word }]
    }),
    unknown: tables.filter((table) => !known.has(table.name) && !LATER.has(table.name)),
    findings,
    plan,
  }
}

function shapeOf({ tables }: LegacyDatabase): string {
  const has = (table: string, column: string) => tables.get(table)?.columns.includes(column) ?? false
  if (has('stocks', 'min_stock')) return 'as its own models make it (stocks, min_stock)'
  if (has('stock', 'min_quantity')) return 'as the set-up script of its README makes it (stock, min_quantity)'
  if (has('stock', 'min_stock')) return 'as its deployment guide makes it (stock, min_stock)'
  return 'none of the three that are known, yet with columns that are'
}
