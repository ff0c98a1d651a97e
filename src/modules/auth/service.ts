import type { Store } from '../../db/types.ts'
import type { Actor } from '../../http/auth.ts'
import { now } from '../../values/time.ts'
import { deleteExpired, findActor } from './repository.ts'

/**
 * Looks up who a session belongs to. Requests of one session that arrive together share one look-up, which starts
 * after all of them have arrived: nobody is let in by an older answer.
 */
export function createActorLoader(store: Store): (sessionId: number) => Promise<Actor | undefined> {
  const waiting = new Map<number, Promise<Actor | undefined>>()
  const load = async (sessionId: number) => {
    await new Promise((resolve) => setImmediate(resolve))
    waiting.delete(sessionId)
    const [actor] = await store.query((reader) => findActor(reader, { sessionId, now: now() }))
    return actor
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
