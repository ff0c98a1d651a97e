import { existsSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { type Cell, type LegacyDatabase, type LegacyTable, quoted, Refusal, Unreadable } from './database.ts'

type Decoder = InstanceType<typeof TextDecoder>

/** Reads the wanted tables of an SQLite file, which is not changed, in one snapshot. @throws Refusal */
export function readSqlite(file: string, wanted: ReadonlySet<string>): LegacyDatabase {
  const place = `the SQLite file ${file}`
  return withFile(file, (database) => {
    database.exec('begin')
    const decoder = new TextDecoder(String(database.pragma('encoding', { simple: true })), { fatal: true })
    const tables = namesOf(database).map((name) => readTable(database, name, wanted, decoder))
    return { place, tables: new Map(tables.map((table) => [table.name, table])) }
  })
}

/** The tables of an SQLite file; undefined when there is no such file. @throws Refusal */
export const tablesOfFile = (file: string): string[] | undefined =>
  existsSync(file) ? withFile(file, namesOf) : undefined

function withFile<T>(file: string, job: (database: Database.Database) => T): T {
  if (!existsSync(file)) throw new Refusal(`There is no file ${file}.`)
  if (statSync(file).isDirectory()) throw new Refusal(`${file} is a folder: name the file in it.`)
  let database: Database.Database | undefined
  try {
    database = new Database(file, { readonly: true, fileMustExist: true })
    database.defaultSafeIntegers(true)
    return job(database)
  } catch (error) {
    const hint = 'It must be an SQLite database; one in use by another program is best copied first.'
    throw new Refusal(`The file ${file} cannot be read: ${(error as Error).message}. ${hint}`, { cause: error })
  } finally {
    database?.close()
  }
}

const namesOf = (database: Database.Database): string[] =>
  database
    .prepare(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name",
    )
    .pluck()
    .all() as string[]

function readTable(
  database: Database.Database,
  name: string,
  wanted: ReadonlySet<string>,
  decoder: Decoder,
): LegacyTable {
  const columns = database.prepare('select name from pragma_table_info(?)').pluck().all(name) as string[]
  const count = Number(
    database
      .prepare(`select count(*) from ${quoted(name)}`)
      .pluck()
      .get(),
  )
  const table = { name: name.toLowerCase(), columns: columns.map((column) => column.toLowerCase()), count, rows: [] }
  if (!wanted.has(table.name)) return table
  // Text comes as bytes: read as text, what is not of its encoding would silently become other signs.
  const selected = columns.map(quoted).map((c) => `typeof(${c}), iif(typeof(${c}) = 'text', cast(${c} as blob), ${c})`)
  const rows = database
    .prepare(`select ${selected.join(', ')} from ${quoted(name)}`)
    .raw()
    .all() as unknown[][]
  const toRow = (values: unknown[]) =>
    Object.fromEntries(
      table.columns.map((column, index) => [column, toCell(values[2 * index], values[2 * index + 1], decoder)]),
    )
  return { ...table, rows: rows.map(toRow) }
}

function toCell(type: unknown, value: unknown, decoder: Decoder): Cell {
  if (value === null) return null
  if (type === 'blob') return new Unreadable('is binary data')
  if (type !== 'text') return String(value)
  try {
    return decoder.decode(value as Buffer)
  } catch {
    return new Unreadable(`is not text in ${decoder.encoding.toUpperCase()}`)
  }
}
