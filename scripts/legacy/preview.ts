import { fromThousandths } from '../../src/values/quantity.ts'
import { shown } from './findings.ts'
import type { Succession } from './target.ts'
import type { Understanding } from './understand.ts'

/** Lines of one kind of repair; a table without SKUs would fill the screen otherwise. */
const MAX_LINES = 40
const WIDTH = 110
const SHORT = 30

/** What was understood, and what would become of it. */
export function describeImport({ place, shape, found, later, unknown, findings, plan }: Understanding): string {
  const openings = plan.levels.filter(({ opening }) => opening > 0)
  const units = fromThousandths(openings.reduce((sum, { opening }) => sum + opening, 0))
  const tables = [
    ...found.map(({ importer, table }) => [
      table?.name ?? importer.target,
      table === undefined ? 'not there' : table.count,
    ]),
    ...later.map(({ table, word }) => [table.name, table.count, word]),
    ...unknown.map((table) => [shown(table.name).slice(1, -1), table.count, 'not known, and left behind']),
  ]
  const columns = found.flatMap(({ table, left }) =>
    left.map((column) => `${table?.name}.${shown(column).slice(1, -1)}`),
  )
  return [
    `From ${place}, ${shape}:`,
    '',
    formatTable(tables),
    '',
    `Stock comes in as opening balances: ${openings.length} products, ${units} units together, at the default location.`,
    ...(columns.length > 0 ? [`Columns that are left behind: ${columns.join(', ')}.`] : []),
    ...findings.notes,
    ...[...findings.repairs].flatMap(([kind, details]) => [
      '',
      `${kind.slice(0, -1)} (${details.length}):`,
      ...indented(details),
    ]),
  ].join('\n')
}

function indented(details: string[]): string[] {
  const all = details.every((detail) => detail.length <= SHORT) ? wrapped(details) : details
  const lines = all.slice(0, MAX_LINES).map((line) => `  ${line}`)
  const rest = all.length - lines.length
  return rest > 0 ? [...lines, `  … and ${rest} more lines`] : lines
}

/** Short details side by side. */
function wrapped(details: string[]): string[] {
  const lines: string[] = []
  for (const detail of details) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + detail.length < WIDTH) lines[lines.length - 1] = `${last}, ${detail}`
    else lines.push(detail)
  }
  return lines
}

/** Every refusal: each is to be put right, so none is left out. */
export const describeRefusals = (refusals: string[]): string =>
  [
    `${refusals.length} ${refusals.length === 1 ? 'value' : 'values'} cannot be kept:`,
    ...refusals.map((refusal) => `  ${refusal}`),
    '',
    'Nothing was written. Put these right in the old database, or in a copy of it, and repeat.',
  ].join('\n')

/** What becomes of the administrator that is in the target already, and who records the opening balances. */
export function describeSuccession({ actorId, first, fate, next }: Succession): string[] {
  const actor = `The opening balances are recorded by user ${actorId}.`
  if (first === undefined) return [actor]
  const who = `The administrator made at the first start (${first.username}, id ${first.id})`
  if (fate === 'gives way') {
    return [`${who} was never used and gives way to the imported users: log in with their names and passwords.`, actor]
  }
  if (fate === 'moves') {
    const kept = 'and keeps its password: no imported administrator can log in.'
    return [`${who} becomes ${next?.username}, id ${next?.id}, ${kept}`, actor]
  }
  return [`${who} stays beside the imported users.`, actor]
}

/** Columns as wide as their longest cell; numbers stand to the right. */
export function formatTable(rows: (string | number)[][]): string {
  const width = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: width }, (_, at) => Math.max(...rows.map((row) => String(row[at] ?? '').length)))
  const pad = (cell: string | number, at: number) =>
    typeof cell === 'number' ? String(cell).padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)
  return rows.map((row) => `  ${row.map(pad).join('  ').trimEnd()}`).join('\n')
}
