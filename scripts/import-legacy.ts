/**
 * Takes over the data of the Flask system: `npm run import:legacy -- --from FILE-or-URL`. It shows what it
 * understood, what it would repair and what it refuses, and writes all or nothing.
 * Exit codes: 0 done (or could be done, with --dry-run), 1 refused or failed, 2 asked for wrongly.
 */
import '../src/process/node-version.js'
import { parseArgs } from 'node:util'
import { ConfigError, loadConfig } from '../src/config.ts'
import { DatabaseUrlError } from '../src/db/tls.ts'
import { type DatabaseTarget, parseDatabaseUrl } from '../src/db/url.ts'
import { confirmWord } from './database/ask.ts'
import { runScript } from './database/command.ts'
import { isSameDatabase, UsageError, wordsOf } from './database/open.ts'
import { Refusal } from './legacy/database.ts'
import { WANTED } from './legacy/importers.ts'
import { describeImport, describeRefusals, describeSuccession } from './legacy/preview.ts'
import { parseSource, readSource } from './legacy/source.ts'
import { decideSuccession, type FirstAdministrator } from './legacy/target.ts'
import { Target } from './legacy/target-database.ts'
import { understand } from './legacy/understand.ts'
import { verifyImport } from './legacy/verify.ts'

const USAGE = `Usage: npm run import:legacy -- --from FILE-or-URL [--to URL] [--dry-run] [--yes]

  --from       the old database: an SQLite file, or postgresql://USER:PASSWORD@HOST:PORT/NAME; it is only read
  --to         the database to fill (default: DATABASE_URL); it must be new
  --dry-run    say what would be done, and write nothing
  --yes        do not ask before writing`

interface Flags {
  isDry: boolean
  isSure: boolean
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string', default: '' },
      to: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (values.from === '') throw new UsageError('Say with --from where the old database is.')
  try {
    return await importFrom(values.from, values.to, { isDry: values['dry-run'], isSure: values.yes })
  } catch (error) {
    throw explain(error)
  }
}

async function importFrom(from: string, to: string | undefined, flags: Flags): Promise<number> {
  const source = readUrl('--from', () => parseSource(from))
  if (to !== undefined) {
    readUrl('--to', () => parseDatabaseUrl(to))
    process.env.DATABASE_URL = to
  }
  const { database } = loadConfig()
  if (isSameDatabase(source, database)) {
    throw new Refusal(
      'The old database and the one to fill are the same: name another one in DATABASE_URL or with --to.',
    )
  }
  const target = await Target.open(database)
  try {
    return await run(target, source, flags)
  } finally {
    await target.close()
  }
}

function readUrl<T>(option: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof DatabaseUrlError) throw new UsageError(`${option} ${error.message}`)
    throw error
  }
}

async function run(target: Target, source: DatabaseTarget, { isDry, isSure }: Flags): Promise<number> {
  const understanding = understand(await readSource(source, WANTED))
  const { findings, plan } = understanding
  console.log(`${describeImport(understanding)}\n`)
  const first: FirstAdministrator | undefined = await target.inspect()
  if (findings.refusals.length > 0) {
    console.error(describeRefusals(findings.refusals))
    return 1
  }
  const succession = decideSuccession(plan, first)
  const place = `${target.place}${target.isNew ? ', which is made' : ''}`
  console.log([...describeSuccession(succession), `To ${place}.\n`].join('\n'))
  if (isDry) {
    console.log('Nothing was written. Repeat without --dry-run to import.')
    return 0
  }
  if (!isSure && !(await confirmWord('yes'))) {
    console.error('Nothing was written.')
    return 1
  }
  const store = await target.fill(plan)
  console.log('Imported.\n')
  const { ok, text } = await verifyImport(store, understanding, succession)
  console.log(text)
  if (!ok) console.error('\nThe result is not what it should be: do not use this database, and report it.')
  return ok ? 0 : 1
}

/** A refusal says what to do; of anything else it is told what was said, and that nothing was written. */
function explain(error: unknown): unknown {
  if (error instanceof UsageError || error instanceof ConfigError || error instanceof Refusal) return error
  const text = `It failed: ${wordsOf(error)}\nUnless "Imported." stands above, nothing was written.`
  return new Error(text, { cause: error })
}

await runScript(USAGE, main)
