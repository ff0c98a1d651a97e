import { type Kysely, sql } from 'kysely'
import type { Store } from '../../src/db/types.ts'

const SQLITE = `select type || ' ' || name || ' ' || coalesce(sql, '') as line from sqlite_schema
  where name not like 'kysely_%' and name not like 'sqlite_%' order by 1`

/** Columns, constraints, indexes, triggers, functions and sequences, each as the server itself writes it down. */
const POSTGRES = `
  select line from (
    select format('column %s.%s %s %s %s %s %s', table_name, column_name, data_type, is_nullable, column_default,
      collation_name, is_identity) as line
      from information_schema.columns where table_schema = 'public'
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      from pg_constraint where connamespace = 'public'::regnamespace
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select pg_get_functiondef(p.oid) from pg_proc p where pronamespace = 'public'::regnamespace
      and not exists (select 1 from pg_depend where objid = p.oid and deptype = 'e')
    union all select format('sequence %s %s %s', sequencename, data_type, increment_by)
      from pg_sequences where schemaname = 'public'
  ) as objects where line !~ 'kysely_' order by 1`

/** Everything a migrated schema is made of, one object a line; Kysely's own tables are left out. */
export async function dumpSchema(store: Store): Promise<string[]> {
  const statement = store.engine === 'sqlite' ? SQLITE : POSTGRES
  const { rows } = await store.query((db) =>
    sql.raw<{ line: string }>(statement).execute(db as unknown as Kysely<unknown>),
  )
  return rows.map((row) => row.line)
}

interface Table {
  name: string
  columns: { name: string; nullable: boolean; hasDefault: boolean }[]
}

/** What both engines say alike: tables, columns, whether null is allowed and a default made. */
export async function tablesOf(store: Store): Promise<Table[]> {
  const tables = await store.read((db) => db.introspection.getTables())
  return tables
    .filter((table) => !table.name.startsWith('products_search'))
    .map((table) => ({
      name: table.name,
      columns: table.columns
        .map(({ name, isNullable, hasDefaultValue, isAutoIncrementing }) => ({
          name,
          // SQLite does not say that a primary key is never null.
          nullable: isNullable && !isAutoIncrementing,
          hasDefault: hasDefaultValue || name === 'id',
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
