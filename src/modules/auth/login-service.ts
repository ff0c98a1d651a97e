import type { ReadStore } from '../../db/types.ts'
import { invalidField, Problem } from '../../errors.ts'
import type { Effects } from '../../http/effects.ts'
import { hashPassword, isForeign, isOutdated, verifyPassword } from '../../values/password.ts'
import { identityKey } from '../../values/text.ts'
import { MIN_PASSWORD, type User } from '../users/schemas.ts'
import { getUser, requireGoodPassword, setPassword } from '../users/service.ts'
import * as repository from './repository.ts'
import type { Credentials, PasswordChange } from './schemas.ts'
import { type Asking, type Grant, newRefreshToken, openSession } from './session-service.ts'
import type { LoginThrottle } from './throttle-service.ts'

interface Doors {
  store: ReadStore
  effects: Effects
  throttle: LoginThrottle
  /** The request that asks, and the address it comes from. */
  request: Asking & { clientAddress: string }
}

/** An account whose password was found right, and what is known of that password. */
interface Recognised {
  account: repository.Account
  /** Under the parameters of today, if it is to be replaced. */
  rehashed: string | undefined
}

/**
 * Logs in by user name or e-mail address. Whoever is unknown, inactive or gives a wrong password gets the same answer
 * after the same time.
 *
 * @param seconds how long the refresh token lives
 * @throws Problem `invalid-credentials`, `too-many-attempts`
 */
export async function logIn(doors: Doors, credentials: Credentials, seconds: number): Promise<Grant> {
  // Again when the account has changed meanwhile: of two first logins at once, one finds the password hashed anew.
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const { account, rehashed } = await recognise(doors, credentials)
    const options = { token: newRefreshToken(), seconds, rehashed }
    const grant = await doors.effects.perform(doors.request, (effect) => openSession(effect, account, options))
    if (grant !== undefined) return { ...grant, passwordChangeAdvised: isBelowRules(credentials.password, grant.user) }
  }
  throw invalidCredentials()
}

/** @throws Problem `invalid-credentials`, `too-many-attempts` */
async function recognise({ store, throttle, request }: Doors, credentials: Credentials): Promise<Recognised> {
  const { username, password } = credentials
  const account = await throttle.attempt(username, request.clientAddress, async () => {
    const key = identityKey(username)
    const found = await store.query((reader) => repository.findAccounts(reader, key))
    // A user name taken over from another system may be somebody else's e-mail address; it comes first.
    const named = found.find((candidate) => candidate.username_key === key) ?? found[0]
    const hash = named?.password_hash ?? ''
    if ((await verifyPassword(password, hash)) && named?.is_active) return named
    await evenOut(store, password, hash)
    return undefined
  })
  if (account === undefined) throw invalidCredentials()
  return { account, rehashed: isOutdated(account.password_hash) ? await hashPassword(password) : undefined }
}

/**
 * Takes the time that a hash of the other kind takes, as long as passwords of the Flask system are kept: by a refusal that
 * comes sooner or later than others one could tell who has an account.
 */
async function evenOut(store: ReadStore, password: string, hash: string): Promise<void> {
  const foreign = await store.query(repository.findForeignHash)
  if (foreign !== undefined) await verifyPassword(password, isForeign(hash) ? '' : foreign.password_hash)
}

/** Whether a password that works, because it is older than the rules, could not be chosen today. */
function isBelowRules(password: string, user: User): boolean {
  try {
    requireGoodPassword(password, user, '#/password')
  } catch {
    return true
  }
  return [...password].length < MIN_PASSWORD
}

const invalidCredentials = () =>
  new Problem('invalid-credentials', 'User name or password is wrong, or the account is not active.', {
    headers: { 'www-authenticate': 'Bearer' },
  })

/**
 * Changes one's own password; guesses at the current one count as failed logins.
 *
 * @param sessionId the session that asks, and that goes on
 * @throws Problem `validation-failed`, `too-many-attempts`
 */
export async function changePassword(
  { store, effects, throttle, request }: Doors,
  { userId, sessionId }: { userId: number; sessionId: number },
  { current_password, new_password }: PasswordChange,
): Promise<void> {
  const user = await store.query((reader) => getUser(reader, userId))
  requireGoodPassword(new_password, user, '#/new_password')
  const current = await throttle.attempt(user.username, request.clientAddress, async () => {
    const account = await store.query((reader) => repository.findAccount(reader, userId))
    return account && (await verifyPassword(current_password, account.password_hash)) ? account : undefined
  })
  if (current === undefined) throw wrongPassword()
  const hash = await hashPassword(new_password)
  const options = { keepSessionId: sessionId, expectedHash: current.password_hash }
  const changed = await effects.perform(request, (effect) => setPassword(effect, userId, hash, options))
  if (!changed) throw wrongPassword()
}

const wrongPassword = () => invalidField('#/current_password', 'is not the current password')
