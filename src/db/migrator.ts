import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationResult, Migrator } from 'kysely/migration'
import type { Reader, Store, Writer } from './types.ts'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))
/** How long one starter waits for another that is migrating. */
const WAIT_MS = 120_000

export interface MigrationState {
  /** Names in the order they were applied, with the time. */
  applied: { name: string; at: string }[]
  /** Known and not applied yet, in order. */
  pending: string[]
  /** Applied and not known to this version: the database is newer than the program. */
  unknown: string[]
}

export type Step = 'latest' | 'up' | 'down'

/**
 * The migrations of one installation.
 *
 * @param folder where they are; files named `0001-name`
 */
export class Migrations {
  readonly #store: Store
  readonly #folder: string
  #known: Record<string, Migration> | undefined

  constructor(store: Store, folder: string = FOLDER) {
    this.#store = store
    this.#folder = folder
  }

  /** Compares what was applied with what this version knows; makes nothing, not even its own tables. */
  async state(): Promise<MigrationState> {
    const known = Object.keys(await this.#load())
    const applied = await this.#store.read(async (reader) => await appliedMigrations(reader))
    const names = new Set(applied.map((migration) => migration.name))
    return {
      applied,
      pending: known.filter((name) => !names.has(name)),
      unknown: applied.map((migration) => migration.name).filter((name) => !known.includes(name)),
    }
  }

  /**
   * Applies or takes back migrations in one transaction: all or nothing, one program at a time.
   *
   * @returns the names of those run, in order
   * @throws Error naming the migration that failed; nothing of it or of the others before it is left
   */
  async migrate(step: Step): Promise<string[]> {
    const known = await this.#load()
    return await this.#store.exclusive(async (writer) => await run(writer, known, step), WAIT_MS)
  }

  async #load(): Promise<Record<string, Migration>> {
    if (this.#known) return this.#known
    const files = (await readdir(this.#folder)).filter((file) => /^\d{4}-[a-z0-9-]+\.(js|ts)$/.test(file)).sort()
    const entries = files.map(async (file) => {
      const module: Migration = await import(new URL(file, `file://${this.#folder}`).href)
      return [file.replace(/\.(js|ts)$/, ''), module] as const
    })
    this.#known = Object.fromEntries(await Promise.all(entries))
    return this.#known
  }
}

async function run(writer: Writer, known: Record<string, Migration>, step: Step): Promise<string[]> {
  const migrator = new Migrator({
    db: writer as unknown as Kysely<unknown>,
    provider: { getMigrations: async () => known },
  })
  const { error, results } =
    step === 'latest'
      ? await migrator.migrateToLatest()
      : step === 'up'
        ? await migrator.migrateUp()
        : await migrator.migrateDown()
  if (error !== undefined) throw explain(error, results)
  return results?.map((result) => result.migrationName) ?? []
}

function explain(error: unknown, results: MigrationResult[] | undefined): Error {
  const failed = results?.find((result) => result.status === 'Error')
  const reason = error instanceof Error ? error.message : String(error)
  return new Error(failed ? `migration ${failed.migrationName} failed, nothing was changed: ${reason}` : reason, {
    cause: error,
  })
}

async function appliedMigrations(db: Reader): Promise<{ name: string; at: string }[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === 'kysely_migration')) return []
  const { rows } = await sql<{ name: string; at: string }>`
    select name, timestamp as at from kysely_migration order by name`.execute(db as unknown as Kysely<unknown>)
  return rows
}
