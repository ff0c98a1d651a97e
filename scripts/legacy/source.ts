import { resolve } from 'node:path'
import { type DatabaseTarget, parseDatabaseUrl } from '../../src/db/url.ts'
import { type LegacyDatabase, Refusal } from './database.ts'
import { readPostgres } from './postgres-source.ts'
import { readSqlite } from './sqlite-source.ts'

/**
 * What `--from` names: a file, or a database URL.
 *
 * @throws DatabaseUrlError
 */
export function parseSource(from: string): DatabaseTarget {
  // Any URL, for one that is not understood must not be printed as the name of a file: it may hold a password.
  if (!/^(sqlite|postgres)[a-z0-9+]*:|^[a-z][a-z0-9+.-]*:\/\//i.test(from))
    return { engine: 'sqlite', file: resolve(from) }
  const target = parseDatabaseUrl(from)
  return target.engine === 'sqlite' ? { ...target, file: resolve(target.file) } : target
}

/** Reads the wanted tables, and of every other one the columns and the number of rows. @throws Refusal */
export async function readSource(source: DatabaseTarget, wanted: ReadonlySet<string>): Promise<LegacyDatabase> {
  const database = source.engine === 'sqlite' ? readSqlite(source.file, wanted) : await readPostgres(source, wanted)
  if (database.tables.has('kysely_migration')) {
    throw new Refusal(`In ${database.place} is this service itself, not the Flask system: --from names the old one.`)
  }
  return database
}
