import { type RawBuilder, sql } from 'kysely'
import { isPostgres } from '../../src/db/dialect.ts'
import type { Reader } from '../../src/db/types.ts'

/** What a column holds, whatever the engine calls it (migrations/columns.ts). */
export type Kind = 'integer' | 'text' | 'boolean' | 'time'

export interface Column {
  name: string
  kind: Kind
}

export interface Table {
  name: string
  /** In alphabetical order. */
  columns: Column[]
  /** Columns of the primary key, in its order. */
  key: string[]
  /** Whether the database gives out its ids. */
  hasIds: boolean
}

interface Found extends Table {
  references: string[]
}

/**
 * State of one installation and no data of its owner: which jobs ran when, and who is at them. Copied, it would put a job
 * off for another one; compared, no two databases in use would be the same.
 */
const STAYS = new Set(['jobs'])

/** The table that only a backup has (backup-checksums.ts). */
export const BACKUP_CHECKSUMS = 'backup_checksums'

/** Every table of the service but those of the migrator and those that stay, those that are referred to first. */
export async function readCatalog(db: Reader): Promise<Table[]> {
  const found = (isPostgres(db) ? await readPostgres(db) : await readSqlite(db)).filter(
    ({ name }) => !STAYS.has(name) && name !== BACKUP_CHECKSUMS,
  )
  return inOrderOfReferences(found).map(({ references: _references, ...table }) => table)
}

/** The names of all tables, whoever made them. */
export async function tableNames(db: Reader): Promise<string[]> {
  const query = isPostgres(db)
    ? sql<{ name: string }>`select table_name::text as name from information_schema.tables
        where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`
    : sql<{ name: string }>`select name from sqlite_schema where type = 'table' order by name`
  return (await rowsOf(db, query)).map(({ name }) => name)
}

const rowsOf = async <R>(db: Reader, query: RawBuilder<R>): Promise<R[]> => (await query.execute(db)).rows

async function readSqlite(db: Reader): Promise<Found[]> {
  const tables = await rowsOf(
    db,
    sql<{ name: string; definition: string }>`
      select t.name, s.sql as definition from pragma_table_list as t join sqlite_schema as s on s.name = t.name
      where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\'
        and t.name not like 'kysely\\_%' escape '\\' order by t.name`,
  )
  return await Promise.all(
    tables.map(async ({ name, definition }) => {
      const columns = await rowsOf(
        db,
        sql<{ name: string; type: string; key: number }>`
          select name, type, pk as key from pragma_table_info(${name}) order by name`,
      )
      const references = await rowsOf(
        db,
        sql<{ name: string }>`select distinct "table" as name from pragma_foreign_key_list(${name})`,
      )
      return {
        name,
        columns: columns.map((column) => ({ name: column.name, kind: sqliteKind(column, definition) })),
        key: columns
          .filter(({ key }) => key > 0)
          .sort((a, b) => a.key - b.key)
          .map((column) => column.name),
        hasIds: /\bautoincrement\b/i.test(definition),
        references: references.map((reference) => reference.name),
      }
    }),
  )
}

function sqliteKind({ name, type }: { name: string; type: string }, definition: string): Kind {
  if (name.startsWith('is_')) return 'boolean'
  if (type.toUpperCase() === 'INTEGER') return 'integer'
  // Its check knows a time.
  return definition.includes(`(${name} is null or (strftime(`) ? 'time' : 'text'
}

const POSTGRES_KINDS: Record<string, Kind> = {
  bigint: 'integer',
  text: 'text',
  boolean: 'boolean',
  'timestamp with time zone': 'time',
}

async function readPostgres(db: Reader): Promise<Found[]> {
  const columns = await rowsOf(
    db,
    sql<{ table_name: string; column_name: string; data_type: string; is_identity: string }>`
      select c.table_name::text, c.column_name::text, c.data_type::text, c.is_identity::text
      from information_schema.columns as c
      join information_schema.tables as t on t.table_schema = c.table_schema and t.table_name = c.table_name
      where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
        and c.table_name not like 'kysely\\_%'
      order by c.table_name collate "C", c.column_name collate "C"`,
  )
  const keys = await rowsOf(
    db,
    sql<{ table_name: string; column_name: string }>`
      select r.relname::text as table_name, a.attname::text as column_name
      from pg_constraint as k join pg_class as r on r.oid = k.conrelid
      cross join unnest(k.conkey) with ordinality as part (number, place)
      join pg_attribute as a on a.attrelid = r.oid and a.attnum = part.number
      where k.contype = 'p' and k.connamespace = current_schema()::regnamespace order by r.relname, part.place`,
  )
  const references = await rowsOf(
    db,
    sql<{ table_name: string; name: string }>`
      select distinct r.relname::text as table_name, f.relname::text as name
      from pg_constraint as k join pg_class as r on r.oid = k.conrelid join pg_class as f on f.oid = k.confrelid
      where k.contype = 'f' and k.connamespace = current_schema()::regnamespace`,
  )
  return [...new Set(columns.map((column) => column.table_name))].map((name) => {
    const own = <R extends { table_name: string }>(rows: R[]) => rows.filter((row) => row.table_name === name)
    return {
      name,
      columns: own(columns).map((column) => ({ name: column.column_name, kind: postgresKind(column) })),
      key: own(keys).map((column) => column.column_name),
      hasIds: own(columns).some((column) => column.is_identity === 'YES'),
      references: own(references).map((reference) => reference.name),
    }
  })
}

function postgresKind(column: { table_name: string; column_name: string; data_type: string }): Kind {
  const kind = POSTGRES_KINDS[column.data_type]
  if (kind) return kind
  throw new Error(
    `${column.table_name}.${column.column_name} is a ${column.data_type}, which is no type of this service`,
  )
}

function inOrderOfReferences(tables: Found[]): Found[] {
  const ordered: Found[] = []
  const rest = new Map(tables.map((table) => [table.name, table]))
  while (rest.size > 0) {
    const next = [...rest.values()].filter(({ name, references }) =>
      references.every((reference) => reference === name || !rest.has(reference)),
    )
    if (next.length === 0) throw new Error(`${[...rest.keys()].join(', ')} refer to each other in a circle`)
    for (const table of next) {
      ordered.push(table)
      rest.delete(table.name)
    }
  }
  return ordered
}

/** How two catalogues differ, in words; empty when they are the same. */
export function compareCatalogs(from: Table[], to: Table[]): string[] {
  const describe = (tables: Table[]) =>
    new Set(
      tables.flatMap(({ name, columns, key }) => [
        `${name} (key ${key.join(', ')})`,
        ...columns.map((column) => `${name}.${column.name} ${column.kind}`),
      ]),
    )
  const [a, b] = [describe(from), describe(to)]
  return [
    ...[...a].filter((line) => !b.has(line)).map((line) => `only in the source: ${line}`),
    ...[...b].filter((line) => !a.has(line)).map((line) => `only in the target: ${line}`),
  ]
}
