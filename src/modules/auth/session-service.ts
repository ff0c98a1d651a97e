import { createHash, randomBytes } from 'node:crypto'
import type { Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import type { UnattendedEffect } from '../../http/effect.ts'
import type { Effects } from '../../http/effects.ts'
import { now, secondsFrom } from '../../values/time.ts'
import type { User } from '../users/schemas.ts'
import { getUser, noteLogin } from '../users/service.ts'
import * as repository from './repository.ts'

/** What the tokens of a session are made of. */
export interface Grant {
  user: User
  sessionId: number
  tokenVersion: number
  refreshToken: string
  /** At a login, where the password itself is known: whether it is to be changed. */
  passwordChangeAdvised?: boolean
}

/** The request that asks, and who it is by where that is known. */
export type Asking = Parameters<Effects['perform']>[0]

/** Two requests of one client may refresh at once; so long after its use a token that comes again is no theft. */
const GRACE_SECONDS = 10

interface RefreshToken {
  text: string
  hash: string
}

/** 256 random bits; only their hash is kept, so that a copy of the database opens no session. */
export function newRefreshToken(): RefreshToken {
  const text = randomBytes(32).toString('base64url')
  return { text, hash: hashOf(text) }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')

/**
 * Begins a session of an account whose password was found right.
 *
 * @param rehashed the same password under the parameters of today, if it is to be replaced
 * @returns undefined when meanwhile the account was deactivated or has another password
 */
export async function openSession(
  effect: UnattendedEffect,
  account: repository.Account,
  { token, seconds, rehashed }: { token: RefreshToken; seconds: number; rehashed: string | undefined },
): Promise<Grant | undefined> {
  const { trx } = effect
  const instant = now()
  const noted = await noteLogin(trx, account, instant, rehashed)
  if (noted === undefined) return undefined
  const times = { created_at: instant, expires_at: secondsFrom(instant, seconds) }
  const { id } = await repository.insertSession(trx, { user_id: account.id, ...times })
  await repository.insertRefreshToken(trx, { session_id: id, token_hash: token.hash, ...times })
  const user = await getUser(trx, account.id)
  effect.changed({ resource: 'session', id, before: null, after: { user_id: account.id, ...times } })
  return { user, sessionId: id, tokenVersion: noted.token_version, refreshToken: token.text }
}

/**
 * Exchanges a refresh token for the next one of its session. A used token that comes again ends the session, for it
 * was stolen from its owner, or by its user.
 *
 * @param seconds how long the next one, and the session with it, lives
 * @throws Problem `invalid-refresh-token`, `refresh-in-progress`
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14 for rotation
 */
export async function refreshSession(
  effects: Effects,
  request: Asking,
  presented: string,
  seconds: number,
): Promise<Grant> {
  const next = newRefreshToken()
  const outcome = await effects.perform(request, ({ trx }) => rotate(trx, hashOf(presented), next, seconds))
  // Thrown outside the transaction, which has a session's end to commit.
  if (outcome === 'refused') {
    throw new Problem('invalid-refresh-token', 'The refresh token is unknown, used, expired or ended: log in again.', {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  if (outcome === 'in-progress') {
    const detail = 'This token was exchanged a moment ago by another request of yours: use the tokens of its answer.'
    throw new Problem('refresh-in-progress', detail)
  }
  return outcome
}

type Refusal = 'refused' | 'in-progress'

async function rotate(trx: Writer, hash: string, next: RefreshToken, seconds: number): Promise<Grant | Refusal> {
  const instant = now()
  const used = await repository.useRefreshToken(trx, hash, instant)
  if (used === undefined) return await refuse(trx, hash, instant)
  const { session_id } = used
  const expires_at = secondsFrom(instant, seconds)
  const session = await repository.extendSession(trx, session_id, instant, expires_at)
  const active = session && (await repository.findActive(trx, session.user_id))
  if (session === undefined || active === undefined) return 'refused'
  await repository.insertRefreshToken(trx, { session_id, token_hash: next.hash, created_at: instant, expires_at })
  const user = await getUser(trx, session.user_id)
  return { user, sessionId: session_id, tokenVersion: active.token_version, refreshToken: next.text }
}

async function refuse(trx: Writer, hash: string, instant: string): Promise<Refusal> {
  const token = await repository.findRefreshToken(trx, hash)
  if (token === undefined || token.used_at === null || token.revoked_at !== null) return 'refused'
  if (secondsFrom(token.used_at, GRACE_SECONDS) >= instant) return 'in-progress'
  await repository.endSession(trx, token.session_id, instant)
  return 'refused'
}

/** Ends a session: none of its tokens works any more, in no process. */
export async function endSession(effects: Effects, request: Asking, id: number): Promise<void> {
  await effects.perform(request, async (effect) => {
    const revoked_at = now()
    await repository.endSession(effect.trx, id, revoked_at)
    effect.changed({ resource: 'session', id, before: { revoked_at: null }, after: { revoked_at } })
  })
}
