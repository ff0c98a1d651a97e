/**
 * Brings the database's schema up to date, takes it back, and tells where it stands: `npm run migrate -- up`.
 * Exit codes: 0 done, 1 failed, 2 asked for wrongly, 3 `status` found the schema not current.
 */
import '../src/process/node-version.js'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/config.ts'
import { type MigrationState, Migrations, unknownMigrations } from '../src/db/migrator.ts'
import { confirmWord } from './database/ask.ts'
import { runScript } from './database/command.ts'
import { openWhenReady, UsageError } from './database/open.ts'

const USAGE = `Usage: npm run migrate -- COMMAND [OPTIONS]

  up           apply all pending migrations
  down         take back the latest one, with the data it holds
  status       list what is applied, pending and unknown
  history      list what was applied, and when
  make NAME    write the next migration from a template, for example: make add-suppliers

  --yes        do not ask before data is lost (down)
  --wait N     wait up to N seconds for a database that does not answer yet (default 30)`

interface Options {
  yes: boolean
  waitSeconds: number
}

type Command = (migrations: Migrations, options: Options) => Promise<number>

const COMMANDS = new Map<string, Command>([
  ['up', up],
  ['down', down],
  ['status', status],
  ['history', history],
])

async function main(args: string[]): Promise<number> {
  const { command, name, options } = readArguments(args)
  if (command === 'help') {
    console.log(USAGE)
    return 0
  }
  if (command === 'make') {
    console.log(`${await make(name)} written`)
    return 0
  }
  const run = COMMANDS.get(command)
  if (run === undefined) throw new UsageError(command === '' ? 'Say what to do.' : `There is no command "${command}".`)
  const store = await openWhenReady(loadConfig().database, options.waitSeconds)
  try {
    return await run(new Migrations(store), options)
  } finally {
    await store.close()
  }
}

/** For development: an installation holds released migrations, and takes no others. */
async function make(name: string): Promise<string> {
  const tool = new URL('dev/make-migration.ts', import.meta.url)
  if (!existsSync(tool))
    throw new Error('Migrations are written in a checkout of the project; this is an installation.')
  const { makeMigration }: { makeMigration(name: string): Promise<string> } = await import(tool.href)
  return await makeMigration(name)
}

function readArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      yes: { type: 'boolean', short: 'y', default: false },
      wait: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const [command = '', name = '', ...rest] = positionals
  if (rest.length > 0 || (name !== '' && command !== 'make')) {
    throw new UsageError(`"${rest[0] ?? name}" is one word too many.`)
  }
  if (command === 'make' && name === '') throw new UsageError('Say what the new migration is called.')
  if (!/^\d{1,6}$/.test(values.wait)) throw new UsageError('--wait takes a number of seconds.')
  return {
    command: values.help ? 'help' : command,
    name,
    options: { yes: values.yes, waitSeconds: Number(values.wait) },
  }
}

async function up(migrations: Migrations): Promise<number> {
  const names = await migrations.migrate('latest')
  for (const name of names) console.log(`applied ${name}`)
  if (names.length === 0) console.log('Nothing to do: every migration is applied.')
  return 0
}

async function down(migrations: Migrations, { yes }: Options): Promise<number> {
  const { applied, unknown } = await migrations.state()
  if (unknown.length > 0) throw new Error(unknownMigrations(unknown))
  const last = applied.at(-1)?.name
  if (last === undefined) {
    console.log('Nothing to do: no migration is applied.')
    return 0
  }
  console.log(`Taking back ${last} loses ${await migrations.losses(last)}.`)
  if (!yes && !(await confirmWord(last))) {
    console.error('Nothing was changed.')
    return 1
  }
  for (const name of await migrations.migrate('down')) console.log(`took back ${name}`)
  return 0
}

async function status(migrations: Migrations): Promise<number> {
  const { applied, pending, unknown } = await migrations.state()
  for (const { name } of applied) console.log(`${unknown.includes(name) ? 'unknown' : 'applied'}  ${name}`)
  for (const name of pending) console.log(`pending  ${name}`)
  console.log(`\n${summaryOf({ applied, pending, unknown })}`)
  return pending.length + unknown.length > 0 ? 3 : 0
}

function summaryOf({ applied, pending, unknown }: MigrationState): string {
  if (unknown.length > 0) return unknownMigrations(unknown).replace(/^the/, 'The')
  if (pending.length > 0) return `${pending.length} pending: run \`npm run migrate -- up\`.`
  return `All ${applied.length} migrations are applied.`
}

async function history(migrations: Migrations): Promise<number> {
  const { applied } = await migrations.state()
  for (const { at, name } of applied.toSorted((a, b) => (a.at < b.at ? -1 : 1))) console.log(`${at}  ${name}`)
  if (applied.length === 0) console.log('No migration is applied.')
  return 0
}

await runScript(USAGE, main)
