import type { Insertable, Updateable } from 'kysely'
import { lockRows } from '../../db/dialect.ts'
import { keyset, type Paging } from '../../db/keyset.ts'
import type { Users } from '../../db/schema.gen.ts'
import { holdsTerms } from '../../db/text-search.ts'
import type { Reader, Writer } from '../../db/types.ts'
import type { Role } from '../../http/permissions.ts'
import { searchTerms } from '../../values/text.ts'
import type { UserQuery } from './schemas.ts'

const SORTS = {
  username: 'u.username_key',
  email: 'u.email_key',
  created_at: 'u.created_at',
  updated_at: 'u.updated_at',
  id: 'u.id',
} satisfies Record<UserQuery['sort'], string>

const selectUsers = (db: Reader) =>
  db
    .selectFrom('users as u')
    .select([
      'u.id',
      'u.username',
      'u.username_key',
      'u.email',
      'u.email_key',
      'u.first_name',
      'u.last_name',
      'u.role',
      'u.is_active',
      'u.last_login',
      'u.version',
      'u.created_at',
      'u.updated_at',
    ])
    // The table takes no other.
    .$narrowType<{ role: Role }>()

export type UserRow = NonNullable<Awaited<ReturnType<typeof findUser>>>

type Filters = Pick<UserQuery, 'role' | 'is_active' | 'q'>

/** There are few users, so their text is searched without an index. */
function filtered(db: Reader, { role, is_active, q }: Filters) {
  let query = db.selectFrom('users as u')
  if (role !== undefined) query = query.where('u.role', '=', role)
  if (is_active !== undefined) query = query.where('u.is_active', '=', is_active)
  return query.where((eb) => eb.and(holdsTerms(eb.ref('u.search_text'), searchTerms(q ?? ''))))
}

export function listUsers(db: Reader, { sort, order, ...filters }: UserQuery, paging: Paging) {
  const matching = selectUsers(db).where('u.id', 'in', filtered(db, filters).select('u.id'))
  return keyset(matching, { column: SORTS[sort], id: 'u.id', order, ...paging }).execute()
}

export async function countUsers(db: Reader, filters: Filters): Promise<number> {
  const { count } = await filtered(db, filters)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** How many users there are of each role and status that occurs. */
export const countByRole = (db: Reader) =>
  db
    .selectFrom('users')
    .select((eb) => ['role', 'is_active', eb.fn.countAll<number>().as('count')])
    .groupBy(['role', 'is_active'])
    .execute()

export const findUser = (db: Reader, id: number) => selectUsers(db).where('u.id', '=', id).executeTakeFirst()

export const findUserIdByKey = (db: Reader, column: 'username_key' | 'email_key', key: string) =>
  db.selectFrom('users').select('id').where(column, '=', key).executeTakeFirst()

/** A user, held until the transaction ends. */
export const lockUser = (trx: Writer, id: number) =>
  lockRows(trx, selectUsers(trx).where('u.id', '=', id), 'u').executeTakeFirst()

/** The active administrators, held until the transaction ends; in id order, so that no two wait for each other. */
export function lockAdministrators(trx: Writer): Promise<UserRow[]> {
  const active = selectUsers(trx).where('u.role', '=', 'admin').where('u.is_active', '=', true).orderBy('u.id')
  return lockRows(trx, active, 'u').execute()
}

export const insertUser = (trx: Writer, user: Insertable<Users>) =>
  trx.insertInto('users').values(user).returning('id').executeTakeFirstOrThrow()

/** @returns undefined when the user name or the e-mail address is taken */
export const insertUnlessTaken = (trx: Writer, user: Insertable<Users>) =>
  trx
    .insertInto('users')
    .values(user)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()

/** Call it on a locked user. */
export const updateUser = (trx: Writer, id: number, changes: Updateable<Users>, voidsTokens: boolean) =>
  trx
    .updateTable('users')
    .set((eb) => ({
      ...changes,
      version: eb('version', '+', 1),
      token_version: eb('token_version', '+', voidsTokens ? 1 : 0),
    }))
    .where('id', '=', id)
    .execute()

/**
 * Replaces a password and makes every access token of the user void.
 *
 * @param expectedHash the hash it replaces, if that matters
 * @returns undefined when there is no such user, or the hash is another one by now
 */
export function replacePassword(
  trx: Writer,
  id: number,
  { password_hash, updated_at, expectedHash }: { password_hash: string; updated_at: string; expectedHash?: string },
) {
  const update = trx
    .updateTable('users')
    .set((eb) => ({
      password_hash,
      updated_at,
      version: eb('version', '+', 1),
      token_version: eb('token_version', '+', 1),
    }))
    .where('id', '=', id)
    .returning('id')
  const asked = expectedHash === undefined ? update : update.where('password_hash', '=', expectedHash)
  return asked.executeTakeFirst()
}

/**
 * Notes a login, which is no new version of the account.
 *
 * @param account as it was when the password was checked
 * @param password_hash the same password under the parameters of today, if it is to be replaced
 * @returns undefined when since then the account was deactivated or has another password
 */
export const noteLogin = (
  trx: Writer,
  account: { id: number; password_hash: string },
  last_login: string,
  password_hash = account.password_hash,
) =>
  trx
    .updateTable('users')
    .set({ last_login, password_hash })
    .where('id', '=', account.id)
    .where('is_active', '=', true)
    .where('password_hash', '=', account.password_hash)
    .returning('token_version')
    .executeTakeFirst()

/** Ends the sessions of a user, all but one if that is given. */
export function endSessions(trx: Writer, userId: number, revoked_at: string, exceptSessionId?: number) {
  const live = trx
    .updateTable('sessions')
    .set({ revoked_at })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
  return (exceptSessionId === undefined ? live : live.where('id', '!=', exceptSessionId)).execute()
}
