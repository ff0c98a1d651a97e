import type { Test } from 'tap'
import { openPostgres, type PostgresSettings } from '../../src/db/postgres/store.ts'
import type { Engine, Store, Writer } from '../../src/db/types.ts'
import { parseDatabaseUrl } from '../../src/db/url.ts'
import type { Slug } from '../../src/errors.ts'
import { createDatabase, open, type TestDatabase } from './databases.ts'
import { PATIENCE_MS } from './eventually.ts'

export const INSTANT = '2024-05-06T07:08:09.123Z'

/** A store on a migrated database of its own; both gone when the test ends. */
export async function storeFor(t: Test, engine: Engine, options: { empty?: boolean; poolSize?: number } = {}) {
  const database = await databaseFor(t, engine, options)
  const store = await open(database.url, options.poolSize)
  t.teardown(() => store.close())
  return { database, store }
}

export async function databaseFor(t: Test, engine: Engine, options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const database = await createDatabase(engine, options)
  t.teardown(() => database.drop())
  return database
}

export const category = (name: string) => ({ name, name_key: name, created_at: INSTANT, updated_at: INSTANT })

export const addCategory = async (writer: Writer, name: string) =>
  await writer.insertInto('categories').values(category(name)).execute()

export const categoryNames = async (store: Store): Promise<string[]> =>
  (await store.read((reader) => reader.selectFrom('categories').select('name').orderBy('name').execute())).map(
    (row) => row.name,
  )

/** For `t.rejects`, whose type knows the common members of errors only. */
export const problem = (slug: Slug) => ({ name: 'Problem', slug }) as unknown as { message: string }

/** A store on a PostgreSQL with settings of one's own. */
export function openOn(url: string, settings: Partial<PostgresSettings> = {}): Store {
  const target = parseDatabaseUrl(url)
  if (target.engine !== 'postgresql') throw new Error('not PostgreSQL')
  return openPostgres({
    connection: target.connection,
    poolSize: 10,
    waitMs: PATIENCE_MS,
    onPoolError: () => {},
    ...settings,
  })
}
