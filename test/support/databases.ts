import { createHash, randomBytes } from 'node:crypto'
import {
  accessSync,
  constants,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { Migrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'
import type { Engine, Store } from '../../src/db/types.ts'
import { parseDatabaseUrl } from '../../src/db/url.ts'
import { PATIENCE_MS } from './eventually.ts'

/** The engines a test runs on; without a PostgreSQL (`npm test` brings one) only SQLite. */
export const engines: Engine[] = process.env.TEST_DATABASE_URL ? ['sqlite', 'postgresql'] : ['sqlite']

export interface TestDatabase {
  engine: Engine
  /** As in DATABASE_URL. */
  url: string
  /** Removes it; close every store on it first. */
  drop(): Promise<void>
}

interface Options {
  /** Without a table; otherwise migrated. */
  empty?: boolean
  /** SQLite's file on a disk also where there is memory for it. */
  onDisk?: boolean
}

/** A database of one's own. */
export async function createDatabase(engine: Engine, options: Options = {}): Promise<TestDatabase> {
  return engine === 'sqlite' ? await createSqlite(options) : await createPostgres(options)
}

/** Its patience is a test's own: on a busy machine the last of many transactions waits longer than a client should. */
export const open = (url: string, poolSize = 10): Promise<Store> =>
  openStore(parseDatabaseUrl(url), { poolSize, waitMs: PATIENCE_MS, onPoolError: () => {} })

const MEMORY = '/dev/shm'
/** Containers often have 64 MB there, which all tests that run at once would share. */
const MEMORY_WANTED_BYTES = 2 ** 30

/**
 * Where SQLite's files go: into memory where there is enough, for a commit waits for its disk. Who named a folder for
 * temporary files finds them there.
 */
function folderForFiles(): string {
  if (process.env.TMPDIR) return tmpdir()
  try {
    accessSync(MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize < MEMORY_WANTED_BYTES ? tmpdir() : MEMORY
  } catch {
    return tmpdir()
  }
}

let migratedFile: Promise<string> | undefined

async function createSqlite({ empty, onDisk }: Options): Promise<TestDatabase> {
  const folder = mkdtempSync(join(onDisk ? tmpdir() : folderForFiles(), 'stock-test-'))
  const file = join(folder, 'stock.db')
  if (!empty) {
    migratedFile ??= migrateFile()
    copyFileSync(await migratedFile, file)
  }
  return { engine: 'sqlite', url: `sqlite:${file}`, drop: async () => rmSync(folder, { recursive: true, force: true }) }
}

async function migrateFile(): Promise<string> {
  const folder = mkdtempSync(join(folderForFiles(), 'stock-test-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'template.db')
  await migrate(`sqlite:${file}`)
  return file
}

async function migrate(url: string): Promise<void> {
  const store = await open(url)
  await new Migrations(store).migrate('latest')
  await store.close()
}

let migratedDatabase: Promise<string> | undefined

async function createPostgres({ empty }: Options): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  if (empty) await onServer((client) => client.query(`create database ${name}`))
  else {
    migratedDatabase ??= onServer(findOrMakeTemplate)
    const template = await migratedDatabase
    // Copying files costs the server a quarter of what it costs to log every page of them.
    await onServer((client) => client.query(`create database ${name} template ${template} strategy file_copy`))
  }
  const drop = async () => void (await onServer((client) => client.query(`drop database ${name} with (force)`)))
  return { engine: 'postgresql', url: urlOf(name), drop }
}

function urlOf(database: string): string {
  return Object.assign(new URL(process.env.TEST_DATABASE_URL as string), { pathname: `/${database}` }).href
}

async function onServer<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(process.env.TEST_DATABASE_URL)
  await client.connect()
  return await work(client).finally(() => client.end())
}

/**
 * The migrated database of which all others are copies. The first process that wants it makes it; those that want it
 * meanwhile wait. It is named after what the migrations say, so that a server kept from run to run gives no older one.
 */
async function findOrMakeTemplate(client: pg.Client): Promise<string> {
  const folder = join(import.meta.dirname, '../../migrations')
  const hash = createHash('sha256')
  for (const file of readdirSync(folder).sort()) hash.update(`${file}\0`).update(readFileSync(join(folder, file)))
  const name = `test_template_${hash.digest('hex').slice(0, 16)}`
  await client.query("select pg_advisory_lock(hashtext('test_template'))")
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
  if (rowCount === 0) {
    // Under another name until it is complete, for whoever makes it may be ended halfway.
    const unfinished = `test_${randomBytes(8).toString('hex')}`
    await client.query(`create database ${unfinished}`)
    await migrate(urlOf(unfinished))
    await client.query(`alter database ${unfinished} rename to ${name}`)
    // Who is connected to it would stand in the way of the copies.
    await client.query(`alter database ${name} allow_connections false`)
  }
  return name
}
