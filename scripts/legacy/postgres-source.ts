import pg from 'pg'
import type { PostgresTarget } from '../../src/db/url.ts'
import { type Cell, type LegacyDatabase, type LegacyTable, quoted, Refusal, Unreadable } from './database.ts'

const WAIT_MS = 30_000

/** As the server writes them: a number stays the decimal text that it is. */
const asText = { getTypeParser: () => (text: string | Buffer) => String(text) } as unknown as pg.CustomTypesConfig

/** Reads the wanted tables of a PostgreSQL, in one snapshot and without a write. @throws Refusal */
export async function readPostgres(
  { connection }: PostgresTarget,
  wanted: ReadonlySet<string>,
): Promise<LegacyDatabase> {
  const place = `the PostgreSQL database ${connection.database} at ${connection.host}:${connection.port}`
  const client = new pg.Client({ connectionTimeoutMillis: WAIT_MS, ...connection, types: asText })
  // What breaks is told by the statement that meets it.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('begin isolation level repeatable read read only')
    await client.query("set local timezone = 'UTC'; set local datestyle = 'ISO'; set local extra_float_digits = 3")
    const tables = await readTables(client, wanted)
    return { place, tables: new Map(tables.map((table) => [table.name, table])) }
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    throw new Refusal(`Not to be read: ${place}: ${message || code}.`, { cause: error })
  } finally {
    await client.end().catch(() => {})
  }
}

async function readTables(client: pg.Client, wanted: ReadonlySet<string>): Promise<LegacyTable[]> {
  const [encoding] = await rowsOf<{ server_encoding: string }>(client, 'show server_encoding')
  // Such a server does not know what its text is. It sends the bytes as they are, and each value is looked at here.
  const isVague = encoding?.server_encoding === 'SQL_ASCII'
  if (isVague) await client.query("set local client_encoding = 'SQL_ASCII'")
  const named = await rowsOf<{ name: string }>(
    client,
    `select table_name as name from information_schema.tables
     where table_schema = any(current_schemas(false)) and table_type = 'BASE TABLE'
       and has_table_privilege(format('%I.%I', table_schema, table_name), 'select') order by 1`,
  )
  const tables: LegacyTable[] = []
  for (const { name } of named) tables.push(await readTable(client, name, wanted, isVague))
  return tables
}

async function readTable(
  client: pg.Client,
  name: string,
  wanted: ReadonlySet<string>,
  isVague: boolean,
): Promise<LegacyTable> {
  const columns = await client.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum`,
    [quoted(name)],
  )
  const [counted] = await rowsOf<{ count: string }>(client, `select count(*) as count from ${quoted(name)}`)
  const table: LegacyTable = {
    name: name.toLowerCase(),
    columns: columns.rows.map((column) => column.name.toLowerCase()),
    count: Number(counted?.count),
    rows: [],
  }
  if (!wanted.has(table.name)) return table
  const { rows } = await client.query<(string | null)[]>({ text: `select * from ${quoted(name)}`, rowMode: 'array' })
  const toCell = (value: string | null | undefined): Cell =>
    isVague && value?.includes('\uFFFD') ? new Unreadable('is not text in UTF-8') : (value ?? null)
  const toRow = (values: (string | null)[]) =>
    Object.fromEntries(table.columns.map((column, index) => [column, toCell(values[index])]))
  return { ...table, rows: rows.map(toRow) }
}

const rowsOf = async <R extends pg.QueryResultRow>(client: pg.Client, text: string): Promise<R[]> =>
  (await client.query<R>(text)).rows
