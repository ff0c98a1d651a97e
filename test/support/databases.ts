import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { Migrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'
import type { Engine, Store } from '../../src/db/types.ts'
import { parseDatabaseUrl } from '../../src/db/url.ts'

/** The engines a test runs on; without a PostgreSQL (`npm test` brings one) only SQLite. */
export const engines: Engine[] = process.env.TEST_DATABASE_URL ? ['sqlite', 'postgresql'] : ['sqlite']

export interface TestDatabase {
  engine: Engine
  /** As in DATABASE_URL. */
  url: string
  /** Removes it; close every store on it first. */
  drop(): Promise<void>
}

/** A database of one's own: migrated unless `empty`. */
export async function createDatabase(engine: Engine, { empty = false } = {}): Promise<TestDatabase> {
  return engine === 'sqlite' ? await createSqlite(empty) : await createPostgres(empty)
}

export const open = (url: string, poolSize = 10): Promise<Store> =>
  openStore(parseDatabaseUrl(url), { poolSize, waitMs: 5000, onPoolError: () => {} })

let template: Promise<string> | undefined

async function createSqlite(empty: boolean): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'stock-test-'))
  const file = join(folder, 'stock.db')
  if (!empty) {
    template ??= migratedFile()
    copyFileSync(await template, file)
  }
  return { engine: 'sqlite', url: `sqlite:${file}`, drop: async () => rmSync(folder, { recursive: true, force: true }) }
}

async function migratedFile(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stock-test-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'template.db')
  const store = await open(`sqlite:${file}`)
  await new Migrations(store).migrate('latest')
  await store.close()
  return file
}

async function createPostgres(empty: boolean): Promise<TestDatabase> {
  const admin = process.env.TEST_DATABASE_URL as string
  const name = `test_${randomBytes(8).toString('hex')}`
  const run = async (statement: string) => {
    const client = new pg.Client(admin)
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  await run(`create database ${name}`)
  const url = new URL(admin)
  url.pathname = `/${name}`
  if (!empty) {
    const store = await open(url.href)
    await new Migrations(store).migrate('latest')
    await store.close()
  }
  return { engine: 'postgresql', url: url.href, drop: () => run(`drop database ${name} with (force)`) }
}
