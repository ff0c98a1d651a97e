import type { ReadStore } from '../db/types.ts'
import type { Effects } from './effects.ts'
import type { Cursors } from './paging.ts'

/** What every module's routes are given: to read, to write, and to cut lists in pages. */
export interface Services {
  store: ReadStore
  effects: Effects
  cursors: Cursors
}
