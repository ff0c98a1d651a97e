import { prepared } from '../../db/prepared.ts'
import type { Reader, Writer } from '../../db/types.ts'
import type { SessionHolder } from '../../http/auth.ts'

/** The active user of a session that is neither ended nor expired. */
export const findSessionHolder = prepared<{ sessionId: number; now: string }, SessionHolder>(
  'auth_find_session_holder',
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

const selectAccounts = (db: Reader) =>
  db.selectFrom('users').select(['id', 'username_key', 'password_hash', 'is_active'])

export type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>

export const findAccount = (db: Reader, id: number) => selectAccounts(db).where('id', '=', id).executeTakeFirst()

/** The accounts with this user name or e-mail address. */
export const findAccounts = (db: Reader, key: string) =>
  selectAccounts(db)
    .where((eb) => eb.or([eb('username_key', '=', key), eb('email_key', '=', key)]))
    .execute()

/** A hash of the Flask system, of the kind that takes longest as far as its text tells; undefined when there is none left. */
export const findForeignHash = (db: Reader) =>
  db
    .selectFrom('users')
    .select('password_hash')
    .where((eb) => eb.or([eb('password_hash', 'like', 'scrypt:%'), eb('password_hash', 'like', 'pbkdf2:%')]))
    .orderBy('password_hash', 'desc')
    .limit(1)
    .executeTakeFirst()

export const insertSession = (trx: Writer, session: { user_id: number; created_at: string; expires_at: string }) =>
  trx.insertInto('sessions').values(session).returning('id').executeTakeFirstOrThrow()

/**
 * Lets a session live longer.
 *
 * @returns undefined when it has ended
 */
export const extendSession = (trx: Writer, id: number, instant: string, expires_at: string) =>
  trx
    .updateTable('sessions')
    .set({ expires_at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', instant)
    .returning('user_id')
    .executeTakeFirst()

export const findActive = (trx: Writer, userId: number) =>
  trx
    .selectFrom('users')
    .select('token_version')
    .where('id', '=', userId)
    .where('is_active', '=', true)
    .executeTakeFirst()

export const endSession = (trx: Writer, id: number, revoked_at: string) =>
  trx.updateTable('sessions').set({ revoked_at }).where('id', '=', id).where('revoked_at', 'is', null).execute()

/** Ends every session of everybody; how many were not ended yet. */
export async function endAllSessions(trx: Writer, revoked_at: string): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('sessions')
    .set({ revoked_at })
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

interface NewRefreshToken {
  session_id: number
  token_hash: string
  created_at: string
  expires_at: string
}

export const insertRefreshToken = (trx: Writer, token: NewRefreshToken) =>
  trx.insertInto('refresh_tokens').values(token).execute()

/**
 * Uses a refresh token up. One statement, so that of two uses at once one is the first.
 *
 * @returns undefined when it is unknown, expired or used
 */
export const useRefreshToken = (trx: Writer, token_hash: string, instant: string) =>
  trx
    .updateTable('refresh_tokens')
    .set({ used_at: instant })
    .where('token_hash', '=', token_hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', instant)
    .returning('session_id')
    .executeTakeFirst()

export const findRefreshToken = (trx: Writer, token_hash: string) =>
  trx
    .selectFrom('refresh_tokens as t')
    .innerJoin('sessions as s', 's.id', 't.session_id')
    .select(['t.session_id', 't.used_at', 's.revoked_at'])
    .where('t.token_hash', '=', token_hash)
    .executeTakeFirst()

/**
 * Counts one failure more, in a new window when the last one is over. One statement, so that no two count as one.
 *
 * @returns undefined, with nothing counted, when the window already has `limit` failures
 */
export const countFailure = (
  trx: Writer,
  { key, limit, instant, window_ends_at }: { key: string; limit: number; instant: string; window_ends_at: string },
) =>
  trx
    .insertInto('login_throttle')
    .values({ key, failures: 1, window_ends_at })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet((eb) => {
          const isOver = eb('login_throttle.window_ends_at', '<=', instant)
          const more = eb('login_throttle.failures', '+', 1)
          return {
            failures: eb.case().when(isOver).then(1).else(more).end(),
            window_ends_at: eb
              .case()
              .when(isOver)
              .then(eb.ref('excluded.window_ends_at'))
              .else(eb.ref('login_throttle.window_ends_at'))
              .end(),
          }
        })
        .where((eb) =>
          eb.or([eb('login_throttle.window_ends_at', '<=', instant), eb('login_throttle.failures', '<', limit)]),
        ),
    )
    .returning('failures')
    .executeTakeFirst()

export const findWindow = (trx: Writer, key: string) =>
  trx.selectFrom('login_throttle').select('window_ends_at').where('key', '=', key).executeTakeFirst()

export const clearFailures = (trx: Writer, key: string) =>
  trx.deleteFrom('login_throttle').where('key', '=', key).execute()

/** Takes one failure back. */
export const forgiveFailure = (trx: Writer, key: string) =>
  trx
    .updateTable('login_throttle')
    .set((eb) => ({ failures: eb('failures', '-', 1) }))
    .where('key', '=', key)
    .where('failures', '>', 0)
    .execute()

// Each removes up to `limit` rows that expired before `instant`, and answers how many they were. One that was extended
// meanwhile has not expired any more when its turn comes.

export async function deleteExpiredTokens(trx: Writer, instant: string, limit: number): Promise<number> {
  const expired = trx.selectFrom('refresh_tokens').select('id').where('expires_at', '<', instant)
  const { numDeletedRows } = await trx
    .deleteFrom('refresh_tokens')
    .where('id', 'in', expired.orderBy('id').limit(limit))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** A token can outlive its session when the time that sessions live was made shorter. */
export async function deleteTokensOfExpiredSessions(trx: Writer, instant: string, limit: number): Promise<number> {
  const orphans = trx
    .selectFrom('refresh_tokens as t')
    .innerJoin('sessions as s', 's.id', 't.session_id')
    .select('t.id')
    .where('s.expires_at', '<', instant)
  const { numDeletedRows } = await trx
    .deleteFrom('refresh_tokens')
    .where('id', 'in', orphans.limit(limit))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

export async function deleteSessions(trx: Writer, instant: string, limit: number): Promise<number> {
  const expired = trx.selectFrom('sessions').select('id').where('expires_at', '<', instant)
  const { numDeletedRows } = await trx
    .deleteFrom('sessions')
    .where('expires_at', '<', instant)
    .where('id', 'in', expired.orderBy('expires_at').limit(limit))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

export async function deleteThrottles(trx: Writer, instant: string, limit: number): Promise<number> {
  const over = trx.selectFrom('login_throttle').select('key').where('window_ends_at', '<', instant)
  const { numDeletedRows } = await trx
    .deleteFrom('login_throttle')
    .where('window_ends_at', '<', instant)
    .where('key', 'in', over.orderBy('window_ends_at').limit(limit))
    .executeTakeFirst()
  return Number(numDeletedRows)
}
