import { spawn } from 'node:child_process'
import { pbkdf2Sync } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config.ts'
import type { Store } from '../../src/db/types.ts'
import { anotherInstance, logIn } from './accounts.ts'
import { SECRETS } from './app.ts'
import { bareEnvironment, temporaryFolder } from './process.ts'
import { databaseFor } from './stores.ts'

const ROOT = join(import.meta.dirname, '../..')

export const PASSWORD = 'Clave-de-antes-2024'
/** As Werkzeug keeps `PASSWORD`, with little work. */
export const HASH = `pbkdf2:sha256:1000$sal$${pbkdf2Sync(PASSWORD, 'sal', 1000, 32, 'sha256').toString('hex')}`

/** Runs the import as a person does who cannot be asked: `code`, and all that it said. */
export async function importLegacy(to: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/import-legacy.ts'), ...args], {
    env: { ...bareEnvironment(), NODE_ENV: 'test', DATABASE_URL: to, ...SECRETS },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  }
  const [code] = await once(child, 'close')
  return { code, said: chunks.join('') }
}

/** A copy of one of the three samples, so that nothing can happen to them. */
export function sample(t: Test, name: 'orm' | 'quickstart' | 'guide'): string {
  const file = join(temporaryFolder(t), `${name}.db`)
  copyFileSync(join(ROOT, 'test/fixtures/legacy', `${name}.db`), file)
  return file
}

const TABLES = `
  create table categories (id integer, name, description, created_at, updated_at);
  create table products (id, name, description, price, category_id, sku, created_at, updated_at);
  create table stock (id, product_id, quantity, min_stock, created_at, updated_at);
  create table users (id, username, email, password_hash, first_name, last_name, role, is_active, last_login, created_at,
    updated_at);`

type Values = Record<string, unknown>

/** Text of bytes that are no text. */
export class TextBytes {
  readonly bytes: Buffer

  constructor(...bytes: number[]) {
    this.bytes = Buffer.from(bytes)
  }
}

/** An old database without a single constraint; the administrator of it is there unless other users are given. */
export function legacyFile(t: Test, rows: Record<string, Values[]> = {}): string {
  const file = join(temporaryFolder(t), 'old.db')
  const database = new Database(file)
  database.exec(TABLES)
  for (const [table, list] of Object.entries({ users: [user(1)], ...rows })) {
    for (const row of list) {
      const marks = Object.values(row).map((value) => (value instanceof TextBytes ? 'cast(? as text)' : '?'))
      const values = Object.values(row).map((value) => (value instanceof TextBytes ? value.bytes : value))
      database.prepare(`insert into ${table} (${Object.keys(row)}) values (${marks})`).run(values)
    }
  }
  database.close()
  return file
}

const TIMES = { created_at: '2024-01-02 03:04:05', updated_at: '2024-01-02 03:04:05' }

export const user = (id: number, row: Values = {}): Values => {
  const names = { username: 'admin', email: 'admin@tienda.example', first_name: 'Ana', last_name: 'Gómez' }
  return { id, ...names, password_hash: HASH, role: 'admin', is_active: 1, ...TIMES, ...row }
}
export const category = (id: number, row: Values = {}): Values => ({ id, name: `Categoría ${id}`, ...TIMES, ...row })
export const product = (id: number, row: Values = {}): Values => {
  return { id, name: `Producto ${id}`, price: 1.5, category_id: 1, sku: `SKU-${id}`, ...TIMES, ...row }
}
export const stock = (id: number, product_id: unknown, quantity: unknown, row: Values = {}): Values => {
  return { id, product_id, quantity, min_stock: 0, ...TIMES, ...row }
}

/** The same database on PostgreSQL, as owners copied it: same tables, types of that engine. @returns its URL */
export async function onPostgres(t: Test, file: string, types: Record<string, string> = {}): Promise<string> {
  const { url } = await databaseFor(t, 'postgresql', { empty: true })
  const source = new Database(file, { readonly: true })
  const client = new pg.Client(url)
  await client.connect()
  const names = source.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[]
  for (const name of names.filter((each) => !each.startsWith('sqlite_'))) {
    const columns = source.pragma(`table_info(${name})`) as { name: string; type: string }[]
    const definitions = columns.map((column) => `${column.name} ${types[column.name] ?? postgresType(column.type)}`)
    await client.query(`create table ${name} (${definitions})`)
    const marks = columns.map((_, index) => `$${index + 1}`)
    for (const row of source.prepare(`select * from ${name}`).raw().all() as unknown[][]) {
      await client.query(`insert into ${name} values (${marks})`, row)
    }
  }
  await client.end()
  source.close()
  return url
}

function postgresType(type: string): string {
  if (/datetime|timestamp/i.test(type)) return 'timestamp'
  if (/float|real/i.test(type)) return 'double precision'
  return type || 'text'
}

/** The service on a database that was filled; answers what it is called by. */
export async function serviceOn(t: Test, url: string) {
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: url, RATE_LIMIT_MAX: '0', ...SECRETS })
  const app = await anotherInstance(t, { url, config } as Parameters<typeof anotherInstance>[1])
  const tokenOf = async (username: string, password: string) => {
    const answer = await logIn(app, username, password)
    return answer.json().access_token as string | undefined
  }
  const call = async (token: string, method: 'GET' | 'POST', path: string, payload?: object) => {
    const headers = { authorization: `Bearer ${token}` }
    return await app.inject({ method, url: `/api/v1${path}`, headers, ...(payload === undefined ? {} : { payload }) })
  }
  return { app, tokenOf, call }
}

const TABLES_FILLED = ['users', 'categories', 'products', 'stock', 'movements'] as const

/** Every row of every table that an import fills, in the order of ids. */
export async function everythingIn(store: Store) {
  const entries = TABLES_FILLED.map(async (table) => {
    const rows = await store.query((reader) => reader.selectFrom(table).selectAll().orderBy('id').execute())
    return [table, rows] as const
  })
  // biome-ignore lint/suspicious/noExplicitAny: rows of several tables.
  return Object.fromEntries(await Promise.all(entries)) as Record<(typeof TABLES_FILLED)[number], any[]>
}
