/**
 * Compares two databases row by row and proves the ledger of both: `npm run db:verify -- --a URL --b URL`.
 * Exit codes: 0 the same, 1 not the same or a ledger not proven, 2 asked for wrongly.
 */
import '../src/process/node-version.js'
import { parseArgs } from 'node:util'
import type { Reader } from '../src/db/types.ts'
import type { DatabaseTarget } from '../src/db/url.ts'
import { verifyLedger } from '../src/modules/stock/service.ts'
import { verifyChecksums } from './database/backup-checksums.ts'
import { readCatalog, type Table } from './database/catalog.ts'
import { type Checksum, checksumOf } from './database/checksum.ts'
import { alignedRows, digits, runScript } from './database/command.ts'
import { countAll } from './database/copy.ts'
import { openExisting, placeOf, requireCurrent, targetOf, UsageError, wordsOf } from './database/open.ts'
import { Progress } from './database/progress.ts'

const USAGE = `Usage: npm run db:verify -- --a URL [--b URL] [--json]

  --a, --b URL  sqlite:FOLDER/FILE.db or postgresql://…, or env:NAME for the URL in a variable;
                one alone is proven by itself
  --json        one JSON object instead of tables
  --wait N      wait up to N seconds for a database that does not answer yet (default 30)

A checksum depends neither on the order of the rows nor on the engine: each row is the JSON array of its values in the
alphabetical order of the columns; the first and the second 8 bytes of its SHA-256 are summed modulo 2^64 each.`

interface Side {
  tables: Table[]
  sums: Map<string, Checksum>
  /** Whether it is a backup that is as its checksums say. */
  isSealed: boolean
  proof: Awaited<ReturnType<typeof verifyLedger>>
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      a: { type: 'string', default: '' },
      b: { type: 'string' },
      json: { type: 'boolean', default: false },
      wait: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (!/^\d{1,6}$/.test(values.wait)) throw new UsageError('--wait takes a number of seconds.')
  const targets = [targetOf(values.a, '--a'), ...(values.b === undefined ? [] : [targetOf(values.b, '--b')])]
  const sides: Side[] = []
  for (const target of targets) sides.push(await examine(target, Number(values.wait)))
  return values.json ? reportJson(targets, sides) : report(targets, sides)
}

async function examine(target: DatabaseTarget, waitSeconds: number): Promise<Side> {
  const store = await openExisting(target, waitSeconds)
  try {
    await requireCurrent(store, target)
    const { tables, sums, isSealed } = await store.snapshot(async (reader) => {
      const isSealed = await requireUnaltered(reader, target)
      const catalog = await readCatalog(reader)
      const counts = await countAll(reader, catalog)
      const progress = new Progress(
        'reading',
        [...counts.values()].reduce((sum, count) => sum + count, 0),
      )
      const found = new Map<string, Checksum>()
      for (const table of catalog) found.set(table.name, await checksumOf(reader, table, (rows) => progress.add(rows)))
      progress.end()
      return { tables: catalog, sums: found, isSealed }
    })
    return { tables, sums, isSealed, proof: await verifyLedger(store) }
  } finally {
    await store.close()
  }
}

/** A backup is compared with the checksums it carries; false when it carries none, as a database in use does not. */
async function requireUnaltered(reader: Reader, target: DatabaseTarget): Promise<boolean> {
  try {
    return await verifyChecksums(reader)
  } catch (error) {
    throw new Error(`In ${placeOf(target)}: ${wordsOf(error)}`, { cause: error })
  }
}

interface Line {
  table: string
  rows: number[]
  checksums: string[]
  equal: boolean
}

function compare(sides: Side[]): Line[] {
  const names = [...new Set(sides.flatMap(({ tables }) => tables.map((table) => table.name)))].sort()
  return names.map((table) => {
    const sums = sides.map(({ sums: all }) => all.get(table))
    const checksums = sums.map((sum) => sum?.toString() ?? 'no such table')
    const rows = sums.map((sum) => sum?.rows ?? 0)
    return { table, rows, checksums, equal: new Set(checksums).size === 1 && new Set(rows).size === 1 }
  })
}

function report(targets: DatabaseTarget[], sides: Side[]): number {
  const lines = compare(sides)
  for (const [index, target] of targets.entries()) console.log(`${'ab'[index]}: ${placeOf(target)}`)
  const letters = targets.map((_, index) => 'ab'[index] as string)
  const isPair = targets.length > 1
  const head = [
    'table',
    ...letters.map((a) => `rows ${a}`),
    ...letters.map((a) => `checksum ${a}`),
    isPair ? 'same' : '',
  ]
  const body = lines.map(({ table, rows, checksums, equal }) => [
    table,
    ...rows.map(digits),
    ...checksums,
    isPair ? (equal ? 'yes' : 'NO') : '',
  ])
  console.log('')
  for (const line of alignedRows([head, ...body])) console.log(line)
  console.log('')
  for (const [index, { proof, isSealed }] of sides.entries()) {
    if (isSealed) console.log(`backup ${letters[index]}: every table is as its checksum says`)
    const { movements, lines: count, levels } = proof.checked
    const found = proof.ok ? 'every balance is proven' : `${proof.differences.length} differences`
    console.log(
      `ledger ${letters[index]}: ${digits(movements)} movements, ${digits(count)} lines, ${digits(levels)} levels: ${found}`,
    )
    for (const difference of proof.differences) console.log(`  ${JSON.stringify(difference)}`)
  }
  const ok = isSame(lines, sides)
  if (isPair) console.log(ok ? '\nThe two are the same.' : '\nThe two are NOT the same, or not proven.')
  return ok ? 0 : 1
}

function reportJson(targets: DatabaseTarget[], sides: Side[]): number {
  const tables = compare(sides)
  const ok = isSame(tables, sides)
  console.log(JSON.stringify({ ok, databases: targets.map(placeOf), tables, ledgers: sides.map(({ proof }) => proof) }))
  return ok ? 0 : 1
}

const isSame = (lines: Line[], sides: Side[]) =>
  lines.every(({ equal }) => equal) && sides.every(({ proof }) => proof.ok)

await runScript(USAGE, main)
