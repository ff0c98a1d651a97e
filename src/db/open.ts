import type { Store } from './types.ts'
import type { DatabaseTarget } from './url.ts'

export interface OpenOptions {
  poolSize: number
  waitMs: number
  onPoolError(error: Error): void
}

/** Opens the database a URL names. The driver of the other engine is not loaded. */
export async function openStore(target: DatabaseTarget, options: OpenOptions): Promise<Store> {
  if (target.engine === 'sqlite') {
    const { openSqlite } = await import('./sqlite/store.ts')
    return openSqlite(target.file, options.waitMs)
  }
  const { openPostgres } = await import('./postgres/store.ts')
  return openPostgres({ connection: target.connection, ...options })
}
