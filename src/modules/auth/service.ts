import type { ReadStore, Store } from '../../db/types.ts'
import type { SessionHolder } from '../../http/auth.ts'
import { now } from '../../values/time.ts'
import { deleteExpired, findSessionHolder } from './repository.ts'

/**
 * Looks up who a session belongs to. Requests of one session that arrive together share one look-up, which starts
 * after all of them have arrived: nobody is let in by an older answer.
 */
export function createSessionLoader(store: ReadStore): (sessionId: number) => Promise<SessionHolder | undefined> {
  const waiting = new Map<number, Promise<SessionHolder | undefined>>()
  const load = async (sessionId: number) => {
    await new Promise((resolve) => setImmediate(resolve))
    waiting.delete(sessionId)
    const [holder] = await store.query((reader) => findSessionHolder(reader, { sessionId, now: now() }))
    return holder
  }
  return (sessionId) => {
    const shared = waiting.get(sessionId) ?? load(sessionId)
    waiting.set(sessionId, shared)
    return shared
  }
}

/** Removes sessions, refresh tokens and failed logins that have expired. */
export async function purgeSessions(store: Store): Promise<void> {
  await store.write((trx) => deleteExpired(trx, now()))
}
