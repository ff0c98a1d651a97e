/**
 * Brings a backup back: `npm run restore -- --from FILE`. What the database holds now is kept beside it (SQLite) or
 * lost (PostgreSQL), and told before. Exit codes: 0 restored, 1 refused or failed with nothing changed unless it says
 * otherwise, 2 asked for wrongly.
 */
import '../src/process/node-version.js'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/config.ts'
import { Migrations } from '../src/db/migrator.ts'
import type { Store } from '../src/db/types.ts'
import type { DatabaseTarget, PostgresTarget } from '../src/db/url.ts'
import { confirmWord } from './database/ask.ts'
import {
  type Contents,
  contentsOf,
  copyOnline,
  describeContents,
  openFile,
  proveFile,
  removeFile,
  stamp,
  type Unsealed,
  unsealFile,
} from './database/backup-file.ts'
import { readCatalog } from './database/catalog.ts'
import { runScript } from './database/command.ts'
import { copyTables } from './database/copy.ts'
import { openWhenReady, placeOf, requireCurrent, targetOf, UsageError, wordsOf } from './database/open.ts'
import { describeFile, realFile, replaceFile, requireUnused } from './database/replace-file.ts'

const USAGE = `Usage: npm run restore -- --from FILE [--to URL] [--yes]

  --from FILE  a backup that npm run backup made
  --to URL     the database to fill (default DATABASE_URL), or env:NAME for the URL in a variable
  --yes        do not ask

Stop the service first. A backup of an older version is brought up to date on the way.`

const WAIT_SECONDS = 30
const WITHOUT_CHECKSUMS =
  'It carries no checksums, as those of earlier versions: whether it was altered since cannot be told.'

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string', default: '' },
      to: { type: 'string' },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (values.from === '') throw new UsageError('Say which backup: --from FILE.')
  if (!existsSync(values.from)) throw new Error(`There is no file ${values.from}.`)
  const target = values.to === undefined ? loadConfig().database : targetOf(values.to, '--to')
  const scratch = scratchFor(target)
  try {
    const contents = await readBackup(values.from, scratch)
    console.log(`The backup holds ${describeContents(contents)}; its ledger proves every balance.`)
    console.log(contents.hasChecksums ? 'Every table is as its checksum says.' : WITHOUT_CHECKSUMS)
    const isRestored = await (target.engine === 'sqlite'
      ? fillFile(scratch, target.file, values.yes)
      : fillServer(scratch, target, values.yes))
    if (!isRestored) return 1
    console.log(`All sessions are ended (${contents.endedSessions}): everybody logs in again. Start the service again.`)
    return 0
  } finally {
    removeFile(scratch)
  }
}

/** Copies the backup, brings the copy up to date and proves it. @throws Error naming the backup */
async function readBackup(from: string, scratch: string): Promise<Contents & Unsealed> {
  try {
    await copyOnline(from, scratch)
    const unsealed = await unsealFile(scratch)
    return { ...(await proveFile(scratch)), ...unsealed }
  } catch (error) {
    throw new Error(`${from} is not restored: ${wordsOf(error)}\nNothing was changed.`, { cause: error })
  }
}

/** Beside the file that it will be, since a rename does not leave its disk. */
function scratchFor(target: DatabaseTarget): string {
  const folder = target.engine === 'sqlite' ? dirname(realFile(target.file)) : tmpdir()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return join(folder, `restore-${process.pid}-${stamp()}.partial`)
}

async function fillFile(scratch: string, name: string, isSure: boolean): Promise<boolean> {
  const file = realFile(name)
  if (existsSync(file)) {
    requireUnused(file)
    console.log(`${file} holds ${await describeFile(file)}. It stays beside it under another name.`)
    if (!(await isAgreed(isSure))) return false
    requireUnused(file)
  }
  for (const kept of await replaceFile(scratch, file)) console.log(`What was there is kept as ${kept}`)
  console.log(`Restored ${file}`)
  return true
}

async function fillServer(scratch: string, target: PostgresTarget, isSure: boolean): Promise<boolean> {
  const store = await openWhenReady(target, WAIT_SECONDS)
  try {
    const migrations = new Migrations(store)
    const { applied, unknown } = await migrations.state()
    if (applied.length + unknown.length === 0) await migrations.migrate('latest')
    await requireCurrent(store, target)
    console.log(`${placeOf(target)} holds ${describeContents(await store.read(contentsOf))}. That is lost.`)
    if (!(await isAgreed(isSure))) return false
    await replaceRows(scratch, store)
    console.log(`Restored ${placeOf(target)}`)
    return true
  } finally {
    await store.close()
  }
}

async function replaceRows(scratch: string, store: Store): Promise<void> {
  const backup = await openFile(scratch)
  try {
    await backup.snapshot(async (reader) => {
      const tables = await readCatalog(reader)
      const copy = { tables, mode: 'replace', onRows: () => {} } as const
      await store.exclusive((writer) => copyTables(reader, writer, copy), WAIT_SECONDS * 1000)
    })
  } finally {
    await backup.close()
  }
}

async function isAgreed(isSure: boolean): Promise<boolean> {
  if (isSure || (await confirmWord('restore'))) return true
  console.error('Nothing was changed.')
  return false
}

await runScript(USAGE, main)
