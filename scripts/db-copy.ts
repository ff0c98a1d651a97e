/**
 * Copies everything from one database into another, SQLite or PostgreSQL, and proves that nothing was lost:
 * `npm run db:copy -- --from URL --to URL`. Exit codes: 0 copied, 1 refused or failed with nothing written, 2 asked for
 * wrongly.
 */
import '../src/process/node-version.js'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Migrations } from '../src/db/migrator.ts'
import type { Reader, Store } from '../src/db/types.ts'
import type { DatabaseTarget } from '../src/db/url.ts'
import { verifyLedger } from '../src/modules/stock/service.ts'
import { confirmWord } from './database/ask.ts'
import { compareCatalogs, readCatalog, type Table } from './database/catalog.ts'
import { alignedRows, digits, runScript } from './database/command.ts'
import { type Copied, CopyError, copyTables, countAll, findConflicts, type Mode } from './database/copy.ts'
import {
  hasSchema,
  isSameDatabase,
  openExisting,
  openWhenReady,
  placeOf,
  requireCurrent,
  targetOf,
  UsageError,
  wordsOf,
} from './database/open.ts'
import { findDamage, findOffences, type Offence } from './database/preflight.ts'
import { Progress } from './database/progress.ts'

const USAGE = `Usage: npm run db:copy -- --from URL --to URL [OPTIONS]

  --from URL   the database to read: sqlite:FOLDER/FILE.db or postgresql://…, or env:NAME for the URL in a variable
  --to URL     the database to fill; its schema is made when there is none
  --replace    empty the target first; it loses everything that it has
  --merge      keep what the target has and add what it lacks; rows that both have must be the same
  --dry-run    look at everything and write nothing
  --yes        do not ask before data is lost (--replace)
  --wait N     wait up to N seconds for a database that does not answer yet (default 30)

Stop the service first: what it writes while its database is copied is not in the copy.`

const WAIT_MS = 120_000

interface Options {
  mode: 'replace' | 'merge' | undefined
  isDryRun: boolean
  isSure: boolean
  waitSeconds: number
}

interface Plan {
  tables: Table[]
  source: Map<string, number>
  target: Map<string, number>
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string', default: '' },
      to: { type: 'string', default: '' },
      replace: { type: 'boolean', default: false },
      merge: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      wait: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (values.replace && values.merge) throw new UsageError('--replace and --merge are two ways: choose one.')
  if (!/^\d{1,6}$/.test(values.wait)) throw new UsageError('--wait takes a number of seconds.')
  const [from, to] = [targetOf(values.from, '--from'), targetOf(values.to, '--to')]
  if (isSameDatabase(from, to)) throw new UsageError('--from and --to name the same database.')
  const mode = values.replace ? 'replace' : values.merge ? 'merge' : undefined
  const source = await openExisting(from, Number(values.wait))
  try {
    await requireCurrent(source, from)
    console.log(`From ${placeOf(from)}\nto   ${placeOf(to)}\n`)
    const options = { mode, isDryRun: values['dry-run'], isSure: values.yes, waitSeconds: Number(values.wait) } as const
    return await source.snapshot((reader) => copy(reader, to, options))
  } finally {
    await source.close()
  }
}

/** Nothing is written, no file and no schema either, before everything in the source is found fit to be copied. */
async function copy(reader: Reader, to: DatabaseTarget, options: Options): Promise<number> {
  const tables = await readCatalog(reader)
  const isNewFile = to.engine === 'sqlite' && !existsSync(to.file)
  if (isNewFile) {
    if (!(await preflight(reader, tables))) return 1
    if (options.isDryRun) return tellOfSchema()
  }
  const target = await openWhenReady(to, options.waitSeconds)
  try {
    const isEmpty = !(await hasSchema(target, to))
    if (!isNewFile && isEmpty && !(await preflight(reader, tables))) return 1
    if (isEmpty && options.isDryRun) return tellOfSchema()
    if (isEmpty) await makeSchema(target)
    const plan = await makePlan(reader, tables, target)
    const mode = options.mode ?? 'fresh'
    showPlan(plan)
    if (mode === 'fresh' && !isFresh(plan)) return refuseFull(to)
    if (!isEmpty && !(await preflight(reader, tables))) return 1
    if (mode === 'merge' && !(await showConflicts(reader, target, tables))) return 1
    if (options.isDryRun) {
      console.log('\nNothing stands against it. Nothing was written: this was a dry run.')
      return 0
    }
    if (mode === 'replace' && !(await agreeToLoss(plan, to, options.isSure))) return 1
    showResult(await transfer(reader, target, plan, mode), to)
    return 0
  } finally {
    await target.close()
  }
}

function tellOfSchema(): number {
  console.log('Nothing stands against it. The target has no schema yet: it would be made. Nothing was written.')
  return 0
}

async function makeSchema(target: Store): Promise<void> {
  const made = await new Migrations(target).migrate('latest')
  console.log(`The schema was made: ${made.length} migrations.\n`)
}

async function makePlan(reader: Reader, tables: Table[], target: Store): Promise<Plan> {
  const differences = compareCatalogs(tables, await target.read(readCatalog))
  if (differences.length > 0) throw new Error(`The two schemas are not the same:\n  ${differences.join('\n  ')}`)
  const counts = await target.read((db) => countAll(db, tables))
  return { tables, source: await countAll(reader, tables), target: counts }
}

function showPlan({ tables, source, target }: Plan): void {
  const rows = tables.map(({ name }) => [name, digits(source.get(name) ?? 0), digits(target.get(name) ?? 0)])
  for (const line of alignedRows([['table', 'rows to copy', 'rows there'], ...rows])) console.log(line)
}

/** The schema makes one location, and nothing else. */
function isFresh({ target }: Plan): boolean {
  return [...target].every(([table, rows]) => rows === 0 || (table === 'locations' && rows === 1))
}

function refuseFull(to: DatabaseTarget): number {
  console.error(`
${placeOf(to)} is not empty, so nothing was written. Choose:
  --replace  it is emptied first: the rows counted above as "there" are lost, all of them
  --merge    they stay; what is only in the source is added, and a row that both have with other values is a refusal
or give --to another, empty database.`)
  return 1
}

/** False, and every reason told, when something could not be copied as it is. */
async function preflight(reader: Reader, tables: Table[]): Promise<boolean> {
  let found = 0
  const tell = (offence: Offence) => {
    if (found === 0) console.error('\nThese values cannot be copied as they are:')
    found += 1
    console.error(`  ${[offence.table, offence.row, offence.column].filter(Boolean).join(' ')} ${offence.reason}`)
  }
  const counts = await countAll(reader, tables)
  const progress = new Progress(
    'checking',
    [...counts.values()].reduce((sum, count) => sum + count, 0),
  )
  for await (const offence of findDamage(reader)) tell(offence)
  for (const table of tables) {
    for await (const offence of findOffences(reader, table, (rows) => progress.add(rows))) tell(offence)
  }
  progress.end()
  if (found > 0) {
    console.error(`\n${digits(found)} found, so nothing was written. Correct them in the source, then copy again.`)
    return false
  }
  const proof = await verifyLedger({ read: async (job) => await job(reader) })
  if (proof.ok) return true
  console.error('\nThe ledger of the source does not prove its balances, so nothing was written:')
  for (const difference of proof.differences) console.error(`  ${JSON.stringify(difference)}`)
  return false
}

async function showConflicts(reader: Reader, target: Store, tables: Table[]): Promise<boolean> {
  let found = 0
  await target.snapshot(async (other) => {
    for await (const { table, row, columns } of findConflicts(reader, other, tables)) {
      if (found === 0) console.error('\nThese rows are in both databases with other values:')
      found += 1
      console.error(`  ${table} ${row}: ${columns.join(', ')}`)
    }
  })
  if (found > 0) console.error(`\n${digits(found)} found, so nothing was written.`)
  return found === 0
}

async function agreeToLoss({ target }: Plan, to: DatabaseTarget, isSure: boolean): Promise<boolean> {
  const lost = [...target.values()].reduce((sum, rows) => sum + rows, 0)
  console.log(`\nAll that is in ${placeOf(to)} is lost: ${digits(lost)} rows.`)
  if (isSure || (await confirmWord('replace'))) return true
  console.error('Nothing was changed.')
  return false
}

async function transfer(reader: Reader, target: Store, plan: Plan, mode: Mode): Promise<Copied[]> {
  const total = [...plan.source.values()].reduce((sum, count) => sum + count, 0)
  const progress = new Progress('copying', total)
  try {
    return await target.exclusive(async (writer) => {
      if (mode === 'fresh' && !isFresh({ ...plan, target: await countAll(writer, plan.tables) })) {
        throw new CopyError('Somebody wrote to the target meanwhile.')
      }
      return await copyTables(reader, writer, { tables: plan.tables, mode, onRows: (rows) => progress.add(rows) })
    }, WAIT_MS)
  } catch (error) {
    throw new Error(`${wordsOf(error)}\nNothing was written.`, { cause: error })
  } finally {
    progress.end()
  }
}

function showResult(copied: Copied[], to: DatabaseTarget): void {
  const rows = copied.map(({ table, written, kept, checksum }) => [
    table,
    digits(written),
    digits(kept),
    checksum ?? 'merged',
  ])
  console.log('')
  for (const line of alignedRows([['table', 'copied', 'kept', 'checksum'], ...rows])) console.log(line)
  const total = copied.reduce((sum, { written }) => sum + written, 0)
  console.log(`\n${digits(total)} rows copied; the ledger of ${placeOf(to)} proves every balance.`)
}

await runScript(USAGE, main)
