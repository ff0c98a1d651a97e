import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { codeOf, reasonOf } from '../../values/caught.ts'
import { isBusy } from './errors.ts'
import { makePrivate } from './private-file.ts'

const RETRY_MS = 10

/**
 * Opens the file; it and its folder are made when absent, for their owner alone.
 *
 * @throws Error naming the file
 */
export async function connect(file: string, waitMs: number): Promise<Database.Database> {
  let database: Database.Database | undefined
  try {
    makePrivate(file)
    // Waiting inside SQLite would block the event loop, so it never waits.
    const opened = new Database(file, { timeout: 0 })
    database = opened
    await whenFree(() => opened.pragma('journal_mode = wal'), waitMs)
    opened.pragma('synchronous = full')
    opened.pragma('foreign_keys = on')
    // Pages in memory, in KiB; each of the two connections holds at most this much.
    opened.pragma('cache_size = -16000')
    opened.pragma('temp_store = memory')
    // Without it `insert or replace` removes rows behind the back of the triggers that refuse it.
    opened.pragma('recursive_triggers = on')
    return opened
  } catch (error) {
    database?.close()
    throw new Error(`the database file ${file} cannot be opened: ${reasonOf(error)}${hintFor(error)}`, { cause: error })
  }
}

/** Also to read only, SQLite makes files beside it. */
const hintFor = (error: unknown): string =>
  /^SQLITE_(CANTOPEN|READONLY)/.test(codeOf(error) ?? '') ? '; the file and its folder must be there to write to' : ''

/** Does what another process's lock may stand against, again and again for at most `waitMs`; the event loop goes on. */
export async function whenFree(work: () => unknown, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    try {
      work()
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
    }
    await sleep(RETRY_MS)
  }
}
