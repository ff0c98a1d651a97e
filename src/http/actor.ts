import { type Permission, permissionsOf } from './permissions.ts'

/** Who is asking, and what they may do; it does not matter how they said who they are. */
export interface Actor {
  id: number
  username: string
  permissions: ReadonlySet<Permission>
  /** What gives the permissions, in words that begin a sentence: `Your role, viewer,`. */
  grantedBy: string
}

/** A user as who acts, with what the role permits. */
export const actorOf = ({ id, username, role }: { id: number; username: string; role: string }): Actor => ({
  id,
  username,
  permissions: permissionsOf(role),
  grantedBy: `Your role, ${role},`,
})
