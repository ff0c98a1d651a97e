import { randomBytes } from 'node:crypto'
import type { Config } from '../../config.ts'
import { violatedConstraint } from '../../db/dialect.ts'
import type { Reader, Store, Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import { etagOf } from '../../http/etag.ts'
import { ROLES } from '../../http/permissions.ts'
import { hashPassword } from '../../values/password.ts'
import { clean, identityKey, searchKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import { requireUsername } from './rules.ts'
import type { NewUser, User, UserPatch, UserStats } from './schemas.ts'

export { requireGoodPassword } from './rules.ts'

export const toUser = ({ username_key: _username, email_key: _email, ...row }: repository.UserRow): User => row as User

/** A login changes what is shown and is no change of the account, so the tag covers both. */
export const etagOfUser = ({ version, last_login }: User): string =>
  etagOf(version, last_login === null ? 0 : Date.parse(last_login))

export const noUser = (id: number) => new Problem('not-found', `There is no user ${id}.`)

/** @throws Problem `not-found` */
export async function getUser(reader: Reader, id: number): Promise<User> {
  const row = await repository.findUser(reader, id)
  if (row === undefined) throw noUser(id)
  return toUser(row)
}

interface Names {
  username: string
  email: string
  first_name: string
  last_name: string
}

/** The columns made of names, with the forms in which they are compared and searched. */
export const namesOf = ({ username, email, first_name, last_name }: Names) => ({
  username,
  username_key: identityKey(username),
  email,
  email_key: identityKey(email),
  first_name,
  last_name,
  search_text: searchKey([username, email, first_name, last_name].join('\n')),
})

/**
 * Makes the administrator of an empty database, from ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD.
 *
 * @returns name and password when the password was made here and is to be shown once; undefined otherwise
 */
export async function ensureAdministrator(
  store: Store,
  config: Pick<Config, 'adminUsername' | 'adminEmail' | 'adminPassword'>,
): Promise<{ username: string; password: string } | undefined> {
  const first = await store.query((reader) => reader.selectFrom('users').select('id').limit(1).executeTakeFirst())
  if (first !== undefined) return undefined
  const password = config.adminPassword ?? randomBytes(15).toString('base64url')
  const password_hash = await hashPassword(password)
  const username = clean(config.adminUsername)
  const names = namesOf({ username, email: clean(config.adminEmail), first_name: '', last_name: '' })
  const created_at = now()
  const made = await store.write((trx) =>
    repository.insertUser(trx, { ...names, password_hash, role: 'admin', created_at, updated_at: created_at }),
  )
  return made !== undefined && config.adminPassword === undefined ? { username, password } : undefined
}

/**
 * @param password_hash of the password in `user`, which is not looked at here
 * @throws Problem `conflict` when the user name or the e-mail address is taken, `validation-failed`
 */
export async function createUser(trx: Writer, user: NewUser, password_hash: string): Promise<User> {
  requireUsername(user.username)
  const { first_name = '', last_name = '', role = 'viewer' } = user
  const names = namesOf({ ...user, first_name, last_name })
  const created_at = now()
  const row = { ...names, password_hash, role, created_at, updated_at: created_at }
  // Looked for first: an insert that is refused takes an id of PostgreSQL's sequence with it.
  const known = await findTaken(trx, names)
  if (known !== undefined) throw known
  const made = await repository.insertUser(trx, row)
  if (made === undefined) throw (await findTaken(trx, names)) ?? taken('email')
  return await getUser(trx, made.id)
}

/**
 * Changes the fields that are given; a patch that changes nothing makes no new version. Another role or status makes
 * access tokens void and ends the user's sessions.
 *
 * @param actorId who asks: nobody changes their own role or status
 * @param requireVersion refuses when the version at hand is not the one the caller knows
 * @throws Problem `not-found`, `own-account`, `last-administrator`, `conflict`, `validation-failed`
 * @see migrations/0001-identity.ts, whose triggers repeat the rule "one active administrator is left"
 */
export async function changeUser(
  trx: Writer,
  id: number,
  { actorId, patch, requireVersion = () => {} }: UserChange,
): Promise<User> {
  if (patch.username !== undefined) requireUsername(patch.username)
  // Before the user's own row, so that every transaction that takes both takes them in the same order.
  const touchesRights = patch.role !== undefined || patch.is_active !== undefined
  const administrators = touchesRights ? await repository.lockAdministrators(trx) : []
  const row = await repository.lockUser(trx, id)
  if (row === undefined) throw noUser(id)
  requireVersion(row.version)
  const next = { ...row, ...patch }
  if (isSame(row, next)) return toUser(row)
  const changesRights = next.role !== row.role || next.is_active !== row.is_active
  if (changesRights && id === actorId) throw ownAccount('Another administrator changes your role or status.')
  const staysAdministrator = next.role === 'admin' && next.is_active
  if (changesRights && !staysAdministrator && administrators.every((administrator) => administrator.id === id)) {
    throw lastAdministrator()
  }
  const names = namesOf(next)
  const conflict = await findTaken(trx, names, id)
  if (conflict) throw conflict
  const changes = { ...names, role: next.role, is_active: next.is_active, updated_at: now() }
  await repository.updateUser(trx, id, changes, changesRights).catch(refuseKnown)
  if (changesRights) await repository.endSessions(trx, id, changes.updated_at)
  return await getUser(trx, id)
}

const isSame = (row: repository.UserRow, next: repository.UserRow) =>
  Object.entries(next).every(([column, value]) => row[column as keyof repository.UserRow] === value)

export interface UserChange {
  actorId: number
  patch: UserPatch
  requireVersion?: (version: number) => void
}

/**
 * Replaces a password: access tokens become void and the user's sessions end.
 *
 * @param options.keepSessionId a session that goes on; its access token is void too, and is refreshed
 * @param options.expectedHash the hash that was checked, so that of two changes at once one takes effect
 * @returns false when the hash is another one by now
 */
export async function setPassword(
  trx: Writer,
  id: number,
  password_hash: string,
  { keepSessionId, expectedHash }: { keepSessionId?: number; expectedHash?: string } = {},
): Promise<boolean> {
  const updated_at = now()
  const replaced = await repository.replacePassword(trx, id, { password_hash, updated_at, expectedHash })
  if (replaced === undefined) return false
  await repository.endSessions(trx, id, updated_at, keepSessionId)
  return true
}

export async function countUsersByRole(reader: Reader): Promise<UserStats> {
  const groups = await repository.countByRole(reader)
  const sum = (wanted: (group: (typeof groups)[number]) => boolean) =>
    groups.filter(wanted).reduce((total, group) => total + group.count, 0)
  const by_role = Object.fromEntries(ROLES.map((role) => [role, sum((group) => group.role === role)]))
  return {
    total: sum(() => true),
    active: sum((group) => group.is_active),
    inactive: sum((group) => !group.is_active),
    by_role: by_role as UserStats['by_role'],
  }
}

export const ownAccount = (detail: string) => new Problem('own-account', detail)

const lastAdministrator = (cause?: unknown) =>
  new Problem('last-administrator', 'This is the last active administrator: make another one first.', { cause })

/** What the database refuses although it was looked at before: somebody else was faster. */
export function refuseKnown(error: unknown): never {
  const constraint = violatedConstraint(error)
  if (constraint === 'users_keep_an_admin') throw lastAdministrator(error)
  if (constraint === 'users_username_key_unique') throw taken('username')
  if (constraint === 'users_email_key_unique') throw taken('email')
  throw error
}

/** The refusal when another user than `ownId` has this user name or e-mail address. */
async function findTaken(
  trx: Writer,
  names: { username_key: string; email_key: string },
  ownId?: number,
): Promise<Problem | undefined> {
  for (const field of ['username', 'email'] as const) {
    const other = await repository.findUserIdByKey(trx, `${field}_key`, names[`${field}_key`])
    if (other !== undefined && other.id !== ownId) return taken(field, other.id)
  }
  return undefined
}

function taken(field: 'username' | 'email', existing_id?: number): Problem {
  const name = field === 'username' ? 'user name' : 'e-mail address'
  const detail = `A user with this ${name} exists. Case and white space do not make another one.`
  return new Problem('conflict', detail, {
    errors: [{ pointer: `#/${field}`, detail: 'is taken' }],
    members: existing_id === undefined ? {} : { existing_id },
  })
}
