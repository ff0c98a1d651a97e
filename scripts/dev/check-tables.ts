/**
 * Any module may read any table; only its owner writes it, so that what is said of a table (its locks, its versions, its
 * audit) is said in one place. What the triggers of migrations write is theirs. Found are the writes of Kysely's builders
 * and of SQL in any text; a table whose name is put together at run time is a finding, too.
 */
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import type { DB } from '../../src/db/schema.gen.ts'
import { parse, reportFindings, sourceFiles } from './source-files.ts'
import { findWrites, type Write, writerOf } from './table-writes.ts'

const SCHEMA = 'src/db/schema.gen.ts'

/** Who owns what, besides the table that has the name of its module's folder. */
const OWNERS: Record<string, (keyof DB)[]> = {
  'src/http/idempotency.ts': ['idempotency_keys'],
  'src/jobs/claims.ts': ['jobs'],
  'src/modules/auth': ['sessions', 'refresh_tokens', 'login_throttle'],
  'src/modules/stock': ['product_costs', 'movements', 'movement_lines'],
}

export interface Exception {
  writer: string
  table: string
  reason: string
}

/** Writes by others than the owner. Prefer a function of the owner's service; one that is not needed any more is a finding. */
const EXCEPTIONS: Exception[] = [
  {
    writer: 'src/modules/products',
    table: 'stock',
    reason: 'a product never is without its first level, and stock depends on products',
  },
  {
    writer: 'src/modules/products',
    table: 'product_costs',
    reason: "a product never is without its cost, for the ledger's trigger only adds; stock depends on products",
  },
  {
    writer: 'src/modules/users',
    table: 'sessions',
    reason: 'another role or password ends sessions in the same transaction, and auth depends on users',
  },
]

if (import.meta.main) {
  const schema = parse(SCHEMA, readFileSync(new URL(`../../${SCHEMA}`, import.meta.url), 'utf8'))
  const tables = tablesOf(schema)
  const sources = sourceFiles(['src'])
  const writes = sources.flatMap((source) => findWrites(source, tables))
  reportFindings(judge(writes, ownersOf(tables, OWNERS, sources.map(writerOf)), EXCEPTIONS))
}

/** The tables of the generated types: the members of `DB`. */
export function tablesOf(schema: ts.SourceFile): string[] {
  const database = schema.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === 'DB')
  if (database === undefined) throw new Error(`${schema.fileName} has no interface DB`)
  return (database as ts.InterfaceDeclaration).members.map((member) => (member.name as ts.Identifier).text)
}

/** The owners of each table: those that list it, and of `writers` the module that has its name. */
export function ownersOf(tables: string[], listed: Record<string, string[]>, writers: string[]): Map<string, string[]> {
  const unknown = Object.values(listed)
    .flat()
    .filter((table) => !tables.includes(table))
  if (unknown.length > 0) throw new Error(`there is no table ${unknown.join(', ')}`)
  return new Map(
    tables.map((table) => {
      const folder = `src/modules/${table.replaceAll('_', '-')}`
      const owners = Object.keys(listed).filter((owner) => listed[owner]?.includes(table))
      return [table, [...new Set(writers.includes(folder) ? [folder, ...owners] : owners)]]
    }),
  )
}

/** Everything that is wrong with who writes what, one line each. */
export function judge(writes: Write[], owners: Map<string, string[]>, exceptions: Exception[]): string[] {
  const findings: string[] = []
  for (const [table, names] of owners) {
    if (names.length === 0)
      findings.push(`${SCHEMA} ${table} has no owner: list it in OWNERS of scripts/dev/check-tables.ts`)
    if (names.length > 1) findings.push(`${SCHEMA} ${table} has ${names.length} owners: ${names.join(', ')}`)
  }
  const needed = new Set<Exception>()
  for (const { place, writer, table } of writes) {
    if (table === undefined) {
      findings.push(`${place} writes a table whose name cannot be read here: write it in the statement`)
      continue
    }
    const names = owners.get(table)
    if (names === undefined) findings.push(`${place} writes ${table}, which is no table`)
    if (names === undefined || names.includes(writer)) continue
    const exception = exceptions.find((each) => each.writer === writer && each.table === table)
    if (exception) needed.add(exception)
    else findings.push(`${place} writes ${table}, which belongs to ${names.join(', ')}: ask its service`)
  }
  for (const exception of exceptions) {
    if (!needed.has(exception))
      findings.push(`${exception.writer} does not write ${exception.table}: drop the exception`)
  }
  return findings
}
