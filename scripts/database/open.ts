import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Migrations, unknownMigrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'
import { DatabaseUrlError } from '../../src/db/tls.ts'
import type { Store } from '../../src/db/types.ts'
import { type DatabaseTarget, parseDatabaseUrl } from '../../src/db/url.ts'
import { Problem } from '../../src/errors.ts'
import { tableNames } from './catalog.ts'
import { printable } from './printable.ts'

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
  try {
    return parseDatabaseUrl(url, { ssl: ssl as never, caCert: caCert?.replaceAll('\\n', '\n') })
  } catch (error) {
    if (error instanceof DatabaseUrlError) throw new UsageError(`${option} ${error.message}`)
    throw error
  }
}

/** Whether two targets are one database, as far as their names and files tell. */
export function isSameDatabase(a: DatabaseTarget, b: DatabaseTarget): boolean {
  if (a.engine === 'sqlite' && b.engine === 'sqlite') return fileOf(a.file) === fileOf(b.file)
  if (a.engine !== 'postgresql' || b.engine !== 'postgresql') return false
  const parts = ['host', 'port', 'database', 'options'] as const
  return parts.every((part) => a.connection[part] === b.connection[part])
}

/** The same for every name of one file, links too. */
function fileOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? resolve(file) : `${found.dev}:${found.ino}`
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

/** The file, or name, host and port; never a user's name or password. */
export function placeOf(target: DatabaseTarget): string {
  if (target.engine === 'sqlite') return `the database file ${target.file}`
  const { database, host, port } = target.connection
  return `the database ${printable(database)} at ${host}:${port}`
}

/** What went wrong, with what the database or the system said of it. */
export function wordsOf(error: unknown): string {
  if (error instanceof Problem && error.cause !== undefined) return `${error.message} (${reasonOf(error)})`
  return reasonOf(error)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Problem && error.cause instanceof Error ? error.cause : error
  const { message, code } = cause as { message?: string; code?: unknown }
  return message || String(code ?? error)
}

/**
 * Whether the service's tables are there. Where they are not, they can be made.
 *
 * @throws Error where they are those of another version, or of another program
 */
export async function hasSchema(store: Store, target: DatabaseTarget): Promise<boolean> {
  const { applied, unknown } = await new Migrations(store).state()
  if (applied.length + unknown.length > 0) {
    await requireCurrent(store, target)
    return true
  }
  const others = (await store.read(tableNames)).map(printable)
  if (others.length === 0) return false
  const names = others.slice(0, 5).join(', ')
  throw new Error(`In ${placeOf(target)} are tables of another program (${names}): name a database of its own.`)
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
