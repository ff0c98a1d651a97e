import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Migrations, unknownMigrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'
import type { Store } from '../../src/db/types.ts'
import { type DatabaseTarget, parseDatabaseUrl } from '../../src/db/url.ts'
import { Problem } from '../../src/errors.ts'

const RETRY_MS = 500

/** What the caller did wrong; answered with the usage. */
export class UsageError extends Error {}

/**
 * The database that an argument names: a URL, or `env:NAME` for the one in a variable, which keeps a password out of the
 * list of processes. DATABASE_SSL and DATABASE_CA_CERT count as they do for the service.
 */
export function targetOf(argument: string, option: string): DatabaseTarget {
  const name = /^env:(\w+)$/.exec(argument)?.[1]
  const url = name === undefined ? argument : process.env[name]
  if (!url) throw new UsageError(name ? `The variable ${name} is not set.` : `Say which database: ${option} URL.`)
  const { DATABASE_SSL: ssl, DATABASE_CA_CERT: caCert } = process.env
  return parseDatabaseUrl(url, { ssl: ssl as never, caCert: caCert?.replaceAll('\\n', '\n') })
}

/** Opens a database that has to be there already: a wrong name must not make an empty file. */
export async function openExisting(target: DatabaseTarget, waitSeconds: number): Promise<Store> {
  if (target.engine === 'sqlite' && !existsSync(target.file)) throw new Error(`There is no file ${target.file}.`)
  return await openWhenReady(target, waitSeconds)
}

/** Opens the database; one that is still starting is waited for, one that refuses the login is not. */
export async function openWhenReady(target: DatabaseTarget, waitSeconds: number): Promise<Store> {
  const deadline = performance.now() + waitSeconds * 1000
  const waitMs = Math.min(5000, Math.max(1000, waitSeconds * 1000))
  // What breaks is told by the statement that meets it.
  const store = await openStore(target, { poolSize: 2, waitMs, onPoolError: () => {} })
  for (let told = false; ; told = true) {
    try {
      await store.ping()
      return store
    } catch (error) {
      if (!mayComeYet(error) || performance.now() + RETRY_MS > deadline) {
        await store.close()
        throw new Error(`No answer from ${placeOf(target)}: ${reasonOf(error)}`, { cause: error })
      }
      if (!told) console.error(`Waiting up to ${waitSeconds} s for ${placeOf(target)} …`)
    }
    await sleep(RETRY_MS)
  }
}

function mayComeYet(error: unknown): boolean {
  if (!(error instanceof Problem) || error.slug !== 'database-unavailable') return false
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return !(typeof code === 'string' && /^(28|3D)/.test(code))
}

/** Host, port and name, or the file; never a user's name or password. */
export function placeOf(target: DatabaseTarget): string {
  if (target.engine === 'sqlite') return `the database file ${target.file}`
  return `the database at ${target.connection.host}:${target.connection.port}`
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Problem && error.cause instanceof Error ? error.cause : error
  const { message, code } = cause as { message?: string; code?: unknown }
  return message || String(code ?? error)
}

/** The schema has to be the one of this version; what else it may be is told with the way out. */
export async function requireCurrent(store: Store, target: DatabaseTarget): Promise<void> {
  const { applied, pending, unknown } = await new Migrations(store).state()
  if (unknown.length > 0) throw new Error(`In ${placeOf(target)}, ${unknownMigrations(unknown)}`)
  if (applied.length === 0) throw new Error(`In ${placeOf(target)} there is no database of this service.`)
  if (pending.length > 0) {
    throw new Error(
      `The schema of ${placeOf(target)} is older than this version: run \`npm run migrate -- up\` on it first.`,
    )
  }
}
