import { type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely, PostgresAdapter, sql } from 'kysely'

/**
 * The few column kinds of the schema, said once for both engines, so that every value reads back as the
 * same JavaScript value from either:
 *
 * | kind    | SQLite (STRICT)              | PostgreSQL            | JavaScript                     |
 * | ------- | ---------------------------- | --------------------- | ------------------------------ |
 * | id      | INTEGER, rowid, never reused | bigint identity       | number                         |
 * | integer | INTEGER                      | bigint                | number                         |
 * | text    | TEXT (binary order)          | text COLLATE "C"      | string, in UTF-8 byte order    |
 * | boolean | INTEGER 0/1, named `is_…`    | boolean               | boolean                        |
 * | time    | TEXT, RFC 3339 UTC with ms   | timestamptz(3)        | string `2025-01-31T12:00:00.000Z` |
 */
// biome-ignore lint/suspicious/noExplicitAny: migrations see every version of the schema, so none is their type.
export type Schema = Kysely<any>

export const isPostgres = (db: Schema): boolean => db.getExecutor().adapter instanceof PostgresAdapter

// biome-ignore lint/suspicious/noExplicitAny: Kysely's own type for a table under construction.
type Table = CreateTableBuilder<string, any>
type Build = (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder
const asIs: Build = (column) => column

export interface Columns {
  id(): void
  integer(name: string, build?: Build): void
  text(name: string, build?: Build): void
  boolean(name: string, build?: Build): void
  time(name: string, build?: Build): void
  /** A reference by id; deleting what is referred to is refused. */
  reference(name: string, table: string, build?: Build): void
  check(name: string, condition: string): void
  unique(name: string, columns: string[]): void
  primaryKey(columns: string[]): void
}

/** Creates a table from the kinds above; STRICT on SQLite. */
export async function createTable(db: Schema, name: string, define: (columns: Columns) => void): Promise<void> {
  const postgres = isPostgres(db)
  let table: Table = db.schema.createTable(name)
  const text = postgres ? sql`text collate "C"` : sql`text`
  const add = (column: string, type: Parameters<Table['addColumn']>[1], build: Build) => {
    table = table.addColumn(column, type, build)
  }
  define({
    id() {
      if (postgres) add('id', 'bigint', (column) => column.generatedByDefaultAsIdentity().primaryKey())
      else add('id', 'integer', (column) => column.primaryKey().autoIncrement())
    },
    integer: (column, build = asIs) => add(column, postgres ? 'bigint' : 'integer', build),
    text: (column, build = asIs) => add(column, text, build),
    boolean: (column, build = asIs) => {
      add(column, postgres ? 'boolean' : 'integer', build)
      if (!postgres) table = table.addCheckConstraint(`${name}_${column}_check`, sql.raw(`${column} in (0, 1)`))
    },
    time: (column, build = asIs) => {
      add(column, postgres ? sql`timestamptz(3)` : sql`text`, build)
      if (!postgres) {
        // The text is its own canonical form: nothing else sorts by time. PostgreSQL knows no year 0.
        const shape = `${column} is null or (strftime('%Y-%m-%dT%H:%M:%fZ', ${column}) is ${column} and ${column} >= '0001')`
        table = table.addCheckConstraint(`${name}_${column}_check`, sql.raw(shape))
      }
    },
    reference: (column, target, build = asIs) =>
      add(column, postgres ? 'bigint' : 'integer', (c) => build(c).references(`${target}.id`).onDelete('restrict')),
    check: (constraint, condition) => {
      table = table.addCheckConstraint(`${name}_${constraint}_check`, sql.raw(condition))
    },
    unique: (constraint, columns) => {
      table = table.addUniqueConstraint(`${name}_${constraint}_unique`, columns)
    },
    primaryKey: (columns) => {
      table = table.addPrimaryKeyConstraint(`${name}_pkey`, columns)
    },
  })
  if (!postgres) table = table.modifyEnd(sql`strict`)
  await table.execute()
}

/** Runs statements written for one engine, or for each. */
export async function run(db: Schema, statements: { sqlite?: string[]; postgres?: string[]; both?: string[] }) {
  const own = isPostgres(db) ? statements.postgres : statements.sqlite
  for (const statement of [...(statements.both ?? []), ...(own ?? [])]) await sql.raw(statement).execute(db)
}

export const yes = (db: Schema) => (isPostgres(db) ? sql`true` : sql`1`)
export const no = (db: Schema) => (isPostgres(db) ? sql`false` : sql`0`)
