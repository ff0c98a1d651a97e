import { prepared } from '../../db/prepared.ts'
import type { Writer } from '../../db/types.ts'
import type { Actor } from '../../http/auth.ts'

/** The active user of a session that is neither ended nor expired. */
export const findActor = prepared<{ sessionId: number; now: string }, Actor>(
  'auth_find_actor',
  (db, { sessionId, now }) =>
    db
      .selectFrom('sessions as s')
      .innerJoin('users as u', 'u.id', 's.user_id')
      .select(['u.id', 'u.username', 'u.role', 'u.token_version'])
      .where('s.id', '=', sessionId)
      .where('s.revoked_at', 'is', null)
      .where('s.expires_at', '>', now)
      .where('u.is_active', '=', true),
)

export async function deleteExpired(trx: Writer, instant: string): Promise<void> {
  const expired = trx.selectFrom('sessions').select('id').where('expires_at', '<', instant)
  await trx.deleteFrom('refresh_tokens').where('session_id', 'in', expired).execute()
  await trx.deleteFrom('sessions').where('expires_at', '<', instant).execute()
  await trx.deleteFrom('login_throttle').where('window_ends_at', '<', instant).execute()
}
