import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { type MigrationState, type Migrations, unknownMigrations } from '../db/migrator.ts'
import { Problem } from '../errors.ts'
import { codeOf } from '../values/caught.ts'

/** Where everything starts at once, the database may be there a little later than this program. */
const PATIENCE_MS = 30_000
const RETRY_MS = 500

/**
 * Waits for the database, brings its schema up to date where that is wanted, and stops before a schema that this version
 * does not know.
 *
 * @param patienceMs how long a database that cannot be reached is waited for
 * @throws Error saying what is wrong with the database
 */
export async function prepareDatabase(
  migrations: Migrations,
  options: { migrate: boolean; log: FastifyBaseLogger; patienceMs?: number },
): Promise<void> {
  const { migrate, log, patienceMs = PATIENCE_MS } = options
  const { pending, unknown } = await firstState(migrations, log, patienceMs)
  if (unknown.length > 0) throw new Error(unknownMigrations(unknown))
  if (!migrate || pending.length === 0) return
  const names = await migrations.migrate('latest')
  log.info({ migrations: names }, 'database migrated')
}

async function firstState(migrations: Migrations, log: FastifyBaseLogger, patienceMs: number): Promise<MigrationState> {
  const deadline = Date.now() + patienceMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      const state = await migrations.state()
      if (attempt > 1) log.info({ attempt }, 'the database is there')
      return state
    } catch (error) {
      if (!isAway(error)) throw error
      const reason = reasonOf(error)
      if (Date.now() >= deadline) {
        throw new Error(`the database could not be reached within ${patienceMs / 1000} s (${reason}).`, {
          cause: error,
        })
      }
      if (attempt === 1) log.warn({ reason }, `the database is away; waiting for it for up to ${patienceMs / 1000} s`)
    }
    await sleep(RETRY_MS)
  }
}

const isAway = (error: unknown) => error instanceof Problem && error.slug === 'database-unavailable'

/** The driver's own words; they name the host, never the password. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && cause.message !== '' ? cause.message : (codeOf(cause) ?? '')
}
