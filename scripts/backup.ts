/**
 * Makes a backup of the database while the service goes on, and proves it: `npm run backup`. It is one SQLite file,
 * whichever engine the database is on. Exit codes: 0 made and proven, 1 failed with no file left, 2 asked for wrongly.
 */
import '../src/process/node-version.js'
import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/config.ts'
import type { DatabaseTarget } from '../src/db/url.ts'
import {
  type Contents,
  copyInto,
  copyOnline,
  describeContents,
  proveFile,
  putInPlace,
  removeFile,
  requireAbsent,
  sealFile,
  stamp,
} from './database/backup-file.ts'
import { runScript } from './database/command.ts'
import { openExisting, placeOf, requireCurrent, targetOf, UsageError, wordsOf } from './database/open.ts'

const USAGE = `Usage: npm run backup -- [--to FILE] [--from URL] [--keep N]

  --to FILE   the file to write (default instance/backups/stock-TIME.db)
  --from URL  the database (default DATABASE_URL), or env:NAME for the URL in a variable
  --keep N    then remove all but the newest N backups in the same folder that have names of this form

The service may be running. npm run restore -- --from FILE brings it back, into SQLite or PostgreSQL.`

const WAIT_SECONDS = 30
const NAME = /^stock-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.db$/

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      to: { type: 'string' },
      from: { type: 'string' },
      keep: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (values.keep !== undefined && !/^[1-9]\d{0,5}$/.test(values.keep)) throw new UsageError('--keep takes a number.')
  const source = values.from === undefined ? loadConfig().database : targetOf(values.from, '--from')
  const file = resolve(values.to ?? join('instance', 'backups', `stock-${stamp()}.db`))
  requireAbsent(file)
  const partial = `${file}.partial`
  removeFile(partial)
  try {
    const contents = await writeAndProve(source, partial)
    requireAbsent(file)
    putInPlace(partial, file)
    console.log(`${file}\nholds ${describeContents(contents)}; its ledger proves every balance.`)
  } finally {
    removeFile(partial)
  }
  if (values.keep !== undefined) removeOld(dirname(file), Number(values.keep))
  return 0
}

async function writeAndProve(source: DatabaseTarget, file: string): Promise<Contents> {
  try {
    await write(source, file)
    const contents = await proveFile(file)
    await sealFile(file)
    return contents
  } catch (error) {
    throw new Error(`No backup was made of ${placeOf(source)}: ${wordsOf(error)}`, { cause: error })
  }
}

async function write(source: DatabaseTarget, file: string): Promise<void> {
  const store = await openExisting(source, WAIT_SECONDS)
  try {
    if (source.engine === 'sqlite') return await copyOnline(source.file, file)
    await requireCurrent(store, source)
    console.log(`Reading ${placeOf(source)} …`)
    await copyInto(file, store)
  } finally {
    await store.close()
  }
}

function removeOld(folder: string, keep: number): void {
  const old = readdirSync(folder)
    .filter((name) => NAME.test(name))
    .sort()
    .slice(0, -keep)
  for (const name of old) {
    removeFile(join(folder, name))
    console.log(`removed ${name}`)
  }
}

await runScript(USAGE, main)
