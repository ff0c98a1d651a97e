import type { ReadStore, Writer } from '../../db/types.ts'
import type { SessionHolder } from '../../http/auth.ts'
import { type Job, removeInSteps } from '../../jobs/job.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'

/**
 * Looks up who a session belongs to. Requests of one session that arrive together share one look-up, which starts
 * after all of them have arrived: nobody is let in by an older answer.
 */
export function createSessionLoader(store: ReadStore): (sessionId: number) => Promise<SessionHolder | undefined> {
  const waiting = new Map<number, Promise<SessionHolder | undefined>>()
  const load = async (sessionId: number) => {
    await new Promise((resolve) => setImmediate(resolve))
    waiting.delete(sessionId)
    const [holder] = await store.query((reader) => repository.findSessionHolder(reader, { sessionId, now: now() }))
    return holder
  }
  return (sessionId) => {
    const shared = waiting.get(sessionId) ?? load(sessionId)
    waiting.set(sessionId, shared)
    return shared
  }
}

/** Ends every session, for a database that was brought back from earlier: those ended since would live again. */
export const endAllSessions = (trx: Writer): Promise<number> => repository.endAllSessions(trx, now())

/**
 * Removes sessions, refresh tokens and failed logins that have expired. Used refresh tokens are kept until then, to notice
 * that one comes again.
 */
export const purgeSessions: Job = {
  name: 'purge-sessions',
  everySeconds: 3600,
  run: async (work) => {
    const instant = work.now()
    const purge = (remove: typeof repository.deleteSessions) =>
      removeInSteps(work, (writer, limit) => remove(writer, instant, limit))
    return {
      // Those of a session before the session, which they refer to.
      refresh_tokens:
        (await purge(repository.deleteExpiredTokens)) + (await purge(repository.deleteTokensOfExpiredSessions)),
      sessions: await purge(repository.deleteSessions),
      login_throttle: await purge(repository.deleteThrottles),
    }
  },
}
