import { randomBytes } from 'node:crypto'
import type { Config } from '../../config.ts'
import type { Reader, ReadStore } from '../../db/types.ts'
import { Problem, taken } from '../../errors.ts'
import type { Effect, UnattendedEffect } from '../../http/effect.ts'
import type { Effects } from '../../http/effects.ts'
import type { Role } from '../../http/permissions.ts'
import { isUnchanged } from '../../values/changes.ts'
import { hashPassword } from '../../values/password.ts'
import { clean, identityKey, searchKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import { requireUsername } from './rules.ts'
import type { NewUser, User, UserPatch, UserStats } from './schemas.ts'
import { toUser } from './view.ts'

export { requireGoodPassword } from './rules.ts'
export { etagOfUser } from './view.ts'

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
  { store, effects }: { store: ReadStore; effects: Effects },
  config: Pick<Config, 'adminUsername' | 'adminEmail' | 'adminPassword'>,
): Promise<{ username: string; password: string } | undefined> {
  const first = await store.query((reader) => reader.selectFrom('users').select('id').limit(1).executeTakeFirst())
  if (first !== undefined) return undefined
  const password = config.adminPassword ?? randomBytes(15).toString('base64url')
  const password_hash = await hashPassword(password)
  const username = clean(config.adminUsername)
  const names = namesOf({ username, email: clean(config.adminEmail), first_name: '', last_name: '' })
  const created_at = now()
  const row = { ...names, password_hash, role: 'admin', created_at, updated_at: created_at }
  const made = await effects.perform({}, async (effect) => {
    // Of two that start at once one makes it.
    const inserted = await repository.insertUnlessTaken(effect.trx, row)
    if (inserted === undefined) return false
    effect.changed({ resource: 'user', id: inserted.id, before: null, after: await getUser(effect.trx, inserted.id) })
    return true
  })
  return made && config.adminPassword === undefined ? { username, password } : undefined
}

/**
 * @param password_hash of the password in `user`, which is not looked at here
 * @throws Problem `conflict` when the user name or the e-mail address is taken, `validation-failed`
 */
export async function createUser(effect: Effect, user: NewUser, password_hash: string): Promise<User> {
  requireUsername(user.username)
  const { first_name = '', last_name = '', role = 'viewer' } = user
  const names = namesOf({ ...user, first_name, last_name })
  await requireFree(effect, names)
  const created_at = now()
  const row = { ...names, password_hash, role, created_at, updated_at: created_at }
  const { id } = await repository.insertUser(effect.trx, row)
  const after = await getUser(effect.trx, id)
  effect.changed({ resource: 'user', id, before: null, after })
  return after
}

/**
 * Changes the fields that are given; a patch that changes nothing makes no new version. Another role or status makes
 * access tokens void and ends the user's sessions. Nobody changes their own role or status.
 *
 * @throws Problem `not-found`, `precondition-failed`, `own-account`, `last-administrator`, `conflict`, `validation-failed`
 * @see migrations/0001-identity.ts, whose triggers repeat the rule "one active administrator is left"
 */
export async function changeUser(effect: Effect, id: number, patch: UserPatch): Promise<User> {
  const { trx } = effect
  // Before the user's own row, so that every transaction that takes both takes them in the same order.
  const touchesRights = patch.role !== undefined || patch.is_active !== undefined
  const administrators = touchesRights ? await repository.lockAdministrators(trx) : []
  const row = await repository.lockUser(trx, id)
  if (row === undefined) throw noUser(id)
  effect.requireVersion(row.version)
  if (isUnchanged(row, patch)) return toUser(row)
  if (patch.username !== undefined) requireUsername(patch.username)
  const next = { ...row, ...patch }
  const changesRights = next.role !== row.role || next.is_active !== row.is_active
  if (changesRights && id === effect.actor.id) throw ownAccount('Another administrator changes your role or status.')
  const staysAdministrator = next.role === 'admin' && next.is_active
  if (changesRights && !staysAdministrator && administrators.every((administrator) => administrator.id === id)) {
    throw lastAdministrator()
  }
  effect.explain('users_keep_an_admin', async () => lastAdministrator())
  const names = namesOf(next)
  await requireFree(effect, names, id)
  const changes = { ...names, role: next.role, is_active: next.is_active, updated_at: now() }
  await repository.updateUser(trx, id, changes, changesRights)
  if (changesRights) await repository.endSessions(trx, id, changes.updated_at)
  const after = await getUser(trx, id)
  effect.changed({ resource: 'user', id, before: toUser(row), after })
  return after
}

/**
 * Replaces a password: access tokens become void and the user's sessions end.
 *
 * @param options.keepSessionId a session that goes on; its access token is void too, and is refreshed
 * @param options.expectedHash the hash that was checked, so that of two changes at once one takes effect
 * @returns false when the hash is another one by now, or there is no such user
 */
export async function setPassword(
  effect: UnattendedEffect,
  id: number,
  password_hash: string,
  { keepSessionId, expectedHash }: { keepSessionId?: number; expectedHash?: string } = {},
): Promise<boolean> {
  const { trx } = effect
  const updated_at = now()
  const before = await repository.findUser(trx, id)
  const replaced = await repository.replacePassword(trx, id, { password_hash, updated_at, expectedHash })
  if (before === undefined || replaced === undefined) return false
  await repository.endSessions(trx, id, updated_at, keepSessionId)
  effect.changed({ resource: 'user', id, before: toUser(before), after: await getUser(trx, id) })
  return true
}

export async function countUsersByRole(reader: Reader): Promise<UserStats> {
  const groups = await repository.countByRole(reader)
  const sum = (wanted: (group: (typeof groups)[number]) => boolean) =>
    groups.filter(wanted).reduce((total, group) => total + group.count, 0)
  const ofRole = (role: Role) => sum((group) => group.role === role)
  return {
    total: sum(() => true),
    active: sum((group) => group.is_active),
    inactive: sum((group) => !group.is_active),
    by_role: {
      viewer: ofRole('viewer'),
      user: ofRole('user'),
      supervisor: ofRole('supervisor'),
      manager: ofRole('manager'),
      admin: ofRole('admin'),
    },
  }
}

export const ownAccount = (detail: string) => new Problem('own-account', detail)

const lastAdministrator = () =>
  new Problem('last-administrator', 'This is the last active administrator: make another one first.')

const requireFree = (effect: Effect, keys: { username_key: string; email_key: string }, ownId?: number) =>
  effect.requireUnique(['users_username_key_unique', 'users_email_key_unique'], async (db) => {
    for (const field of ['username', 'email'] as const) {
      const other = await repository.findUserIdByKey(db, `${field}_key`, keys[`${field}_key`])
      if (other === undefined || other.id === ownId) continue
      const name = field === 'username' ? 'user name' : 'e-mail address'
      const detail = `A user with this ${name} exists. Case and white space do not make another one.`
      return taken(`#/${field}`, detail, other.id)
    }
    return undefined
  })
