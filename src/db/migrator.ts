import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { type Migration as KyselyMigration, type MigrationResult, Migrator } from 'kysely/migration'
import { codeOf, reasonOf } from '../values/caught.ts'
import type { Store, Writer } from './types.ts'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))
/** How long one starter waits for another that is migrating. */
const WAIT_MS = 120_000

interface Migration extends KyselyMigration {
  /** What is gone when it is taken back, for the person who does it. */
  loses?: string
}

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
    const applied = await appliedMigrations(this.#store)
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

  /** What is gone when a known migration is taken back. */
  async losses(name: string): Promise<string> {
    return (await this.#load())[name]?.loses ?? 'everything it made'
  }

  async #load(): Promise<Record<string, Migration>> {
    if (this.#known) return this.#known
    const files = (await readdir(this.#folder)).filter((file) => /^\d{4}-[a-z0-9-]+\.(js|ts)$/.test(file)).sort()
    const entries = files.map(async (file) => {
      const module: Migration = await import(pathToFileURL(join(this.#folder, file)).href)
      return [file.replace(/\.(js|ts)$/, ''), module] as const
    })
    this.#known = Object.fromEntries(await Promise.all(entries))
    return this.#known
  }
}

async function run(writer: Writer, known: Record<string, Migration>, step: Step): Promise<string[]> {
  const migrator = new Migrator({
    db: writer,
    provider: { getMigrations: async () => known },
  })
  const { error, results } =
    step === 'latest'
      ? await migrator.migrateToLatest()
      : step === 'up'
        ? await migrator.migrateUp()
        : await migrator.migrateDown()
  if (error !== undefined) throw explain(error, results)
  const undone = results?.find((result) => result.status !== 'Success')
  if (undone) throw new Error(`migration ${undone.migrationName} cannot be taken back: it has no \`down\``)
  return results?.map((result) => result.migrationName) ?? []
}

function explain(error: unknown, results: MigrationResult[] | undefined): Error {
  const reason = reasonOf(error)
  const missing = /previously executed migration (\S+) is missing/.exec(reason)?.[1]
  if (missing) return new Error(unknownMigrations([missing]), { cause: error })
  // The migrator went on after the first refusal, and its reason is lost.
  if (codeOf(error) === '25P02') return new Error(NOT_ALLOWED, { cause: error })
  const failed = results?.find((result) => result.status === 'Error')
  return new Error(failed ? `migration ${failed.migrationName} failed, nothing was changed: ${reason}` : reason, {
    cause: error,
  })
}

const NOT_ALLOWED =
  'the database lets no tables be made: its user needs the right to create in its schema, and it must not be read-only.'

/** Says that the database is ahead of the program, and what to do. */
export const unknownMigrations = (names: string[]) =>
  `the database has migrations that this version does not know (${names.join(', ')}): start the newer version.`

async function appliedMigrations(store: Store): Promise<{ name: string; at: string }[]> {
  try {
    const { rows } = await store.query((reader) =>
      sql<{ name: string; at: string }>`
        select name, timestamp as at from kysely_migration order by name`.execute(reader),
    )
    return rows
  } catch (error) {
    if (codeOf(error) === '42P01' || reasonOf(error) === 'no such table: kysely_migration') return []
    throw error
  }
}
