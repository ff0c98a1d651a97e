import { randomBytes } from 'node:crypto'
import type { Config } from '../../config.ts'
import type { Store } from '../../db/types.ts'
import { hashPassword } from '../../values/password.ts'
import { clean, identityKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'

/**
 * Makes the administrator of an empty database, from ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD.
 *
 * @returns name and password when the password was made here and is to be shown once; undefined otherwise
 */
export async function ensureAdministrator(
  store: Store,
  config: Config,
): Promise<{ username: string; password: string } | undefined> {
  const first = await store.query((reader) => reader.selectFrom('users').select('id').limit(1).executeTakeFirst())
  if (first !== undefined) return undefined
  const password = config.adminPassword ?? randomBytes(15).toString('base64url')
  const password_hash = await hashPassword(password)
  const username = clean(config.adminUsername)
  const email = clean(config.adminEmail)
  const created_at = now()
  const made = await store.write((trx) =>
    trx
      .insertInto('users')
      .values({
        username,
        username_key: identityKey(username),
        email,
        email_key: identityKey(email),
        password_hash,
        role: 'admin',
        created_at,
        updated_at: created_at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst(),
  )
  return made !== undefined && config.adminPassword === undefined ? { username, password } : undefined
}
