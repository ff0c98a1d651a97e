import type { Store } from './types.ts'
import type { DatabaseTarget } from './url.ts'

export interface OpenOptions {
  poolSize: number
  waitMs: number
  onPoolError(error: Error): void
}

/**
 * Opens the database a URL names; a PostgreSQL is not asked yet. The driver of the other engine is not loaded.
 *
 * @throws Error naming an SQLite file that cannot be opened
 */
export async function openStore(target: DatabaseTarget, options: OpenOptions): Promise<Store> {
  if (target.engine === 'sqlite') {
    const { openSqlite } = await import('./sqlite/store.ts')
    return await openSqlite(target.file, { waitMs: options.waitMs })
  }
  const { openPostgres } = await import('./postgres/store.ts')
  return openPostgres({ connection: target.connection, ...options })
}
