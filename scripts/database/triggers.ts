import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { isPostgres } from '../../src/db/dialect.ts'
import type { Writer } from '../../src/db/types.ts'
import type { Table } from './catalog.ts'

/**
 * Runs `work` while the tables do nothing by themselves: rows come in as they are, and what keeps balances, search and
 * the append-only rule is there again before the transaction ends. Keys, references and checks hold all the time.
 */
export async function withoutTriggers<T>(db: Writer, tables: Table[], work: () => Promise<T>): Promise<T> {
  return isPostgres(db) ? await onPostgres(db, tables, work) : await onSqlite(db, work)
}

async function onPostgres<T>(db: Writer, tables: Table[], work: () => Promise<T>): Promise<T> {
  const all = sql.join(tables.map(({ name }) => sql.table(name)))
  await sql`lock table ${all} in share row exclusive mode`.execute(db)
  for (const { name } of tables) await sql`alter table ${sql.table(name)} disable trigger user`.execute(db)
  const result = await work()
  // References are checked at the end of each statement; waiting ones would stand against `alter table`.
  await sql`set constraints all immediate`.execute(db)
  for (const { name } of tables) await sql`alter table ${sql.table(name)} enable trigger user`.execute(db)
  return result
}

interface Trigger {
  name: string
  definition: string
}

async function onSqlite<T>(db: Writer, work: () => Promise<T>): Promise<T> {
  const triggers = await readTriggers(db)
  for (const { name } of triggers) await sql`drop trigger ${sql.table(name)}`.execute(db)
  const result = await work()
  await rebuildSearch(db)
  for (const { definition } of triggers) await sql.raw(definition).execute(db)
  assert.deepEqual(await readTriggers(db), triggers)
  return result
}

async function readTriggers(db: Writer): Promise<Trigger[]> {
  const { rows } = await sql<Trigger>`
    select name, sql as definition from sqlite_schema where type = 'trigger' order by name`.execute(db)
  return rows
}

/** The search indexes of SQLite follow their tables by triggers; without them they are made anew. */
async function rebuildSearch(db: Writer): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'table' and sql like 'create virtual table%using fts5%'`.execute(db)
  for (const { name } of rows) {
    await sql`insert into ${sql.table(name)} (${sql.ref(name)}) values ('rebuild')`.execute(db)
  }
}
