import { etagOf } from '../../http/etag.ts'
import type { UserRow } from './repository.ts'
import type { User } from './schemas.ts'

export const toUser = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  email: row.email,
  first_name: row.first_name,
  last_name: row.last_name,
  role: row.role,
  is_active: row.is_active,
  last_login: row.last_login,
  version: row.version,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

/** A login changes what is shown and is no change of the account, so the tag covers both. */
export const etagOfUser = ({ version, last_login }: User): string =>
  etagOf(version, last_login === null ? 0 : Date.parse(last_login))
