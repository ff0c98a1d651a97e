import { UsageError, wordsOf } from './open.ts'

/** Runs a command of a script: 0 done, 1 failed or refused, 2 asked for wrongly; a failure is told in its own words. */
export async function runScript(usage: string, main: (args: string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    const isUsage = error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
    console.error(wordsOf(error))
    if (isUsage) console.error(`\n${usage}`)
    process.exitCode = isUsage ? 2 : 1
  }
}

/** Lines of a table, the first column to the left and the others to the right. */
export function alignedRows(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

export const digits = (count: number): string => count.toLocaleString('en')
