import type { Config } from '../config.ts'
import type { Store } from '../db/types.ts'
import type { Idempotency } from './idempotency.ts'
import type { Cursors } from './paging.ts'

/** What every module's routes are given. */
export interface Services {
  config: Config
  store: Store
  cursors: Cursors
  idempotency: Idempotency
}
