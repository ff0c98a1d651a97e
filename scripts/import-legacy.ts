/**
 * Takes over the data of the Flask system: `npm run import:legacy -- --from FILE-or-URL`. It shows what it
 * understood, what it would repair and what it refuses, and writes all or nothing.
 * Exit codes: 0 done (or could be done, with --dry-run), 1 refused or failed, 2 asked for wrongly.
 */
import '../src/process/node-version.js'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { ConfigError, loadConfig } from '../src/config.ts'
import { DatabaseUrlError } from '../src/db/tls.ts'
import { type DatabaseTarget, parseDatabaseUrl } from '../src/db/url.ts'
import { Problem } from '../src/errors.ts'
import { isSameDatabase } from './database/open.ts'
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

/** What the caller did wrong; answered with the usage. */
class UsageError extends Error {}

interface Options {
  source: DatabaseTarget
  isDry: boolean
  isSure: boolean
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const usage = error instanceof UsageError
  console.error(usage || error instanceof ConfigError || error instanceof Refusal ? error.message : explain(error))
  if (usage) console.error(`\n${USAGE}`)
  process.exitCode = usage ? 2 : 1
}

async function main(args: string[]): Promise<number> {
  const { from, to, help, ...flags } = parse(args)
  if (help) {
    console.log(USAGE)
    return 0
  }
  if (!from) throw new UsageError('Say with --from where the old database is.')
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
    return await run(target, { source, isDry: flags['dry-run'], isSure: flags.yes })
  } finally {
    await target.close()
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        yes: { type: 'boolean', short: 'y', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
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

async function run(target: Target, { source, isDry, isSure }: Options): Promise<number> {
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
  if (!isSure && !(await confirm())) {
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

async function confirm(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('Nobody can be asked here: pass --yes to import, or --dry-run to look.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await terminal.question('Type yes to import: ')).trim() === 'yes'
  } finally {
    terminal.close()
  }
}

/** What the database or the system said, which names no password. */
function explain(error: unknown): string {
  const reasons = error instanceof Problem ? [error, error.cause] : [error]
  const said = reasons.map((reason) => {
    const { message, code } = (reason ?? {}) as { message?: string; code?: unknown }
    return message || String(code ?? '')
  })
  return `It failed: ${said.filter((text) => text !== '').join(' ')}\nUnless "Imported." stands above, nothing was written.`
}
