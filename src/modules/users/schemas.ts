import { type Static, Type } from '@sinclair/typebox'
import { ListQuery } from '../../http/paging.ts'
import { ROLES } from '../../http/permissions.ts'
import {
  Closed,
  Component,
  Count,
  DateTime,
  Id,
  Nullable,
  PageOf,
  PatchOf,
  StringEnum,
  Text,
  Version,
} from '../../http/schema.ts'

const role = { description: 'What the user may do.', examples: ['viewer'] }

export const userFields = {
  id: Id({ description: 'User.' }),
  username: Type.String({ description: 'Unique without regard to case.', examples: ['ana.garcia'] }),
  email: Type.String({ description: 'Unique without regard to case.', examples: ['ana@example.com'] }),
  first_name: Type.String({ description: 'May be empty.', examples: ['Ana'] }),
  last_name: Type.String({ description: 'May be empty.', examples: ['García'] }),
  role: StringEnum(ROLES, role),
  is_active: Type.Boolean({ description: 'Whether the user can log in.', examples: [true] }),
  last_login: Nullable(DateTime({ description: 'The last login; null before the first.' })),
  version: Version(),
  created_at: DateTime({ description: 'When the account was made.' }),
  updated_at: DateTime({ description: 'When it was last changed; a login is no change.' }),
}

export const User = Component('User', Type.Object(userFields, { description: 'Somebody who can log in.' }))
export type User = Static<typeof User>

/** What people may change on their own account. */
export const profileFields = {
  email: Text({
    format: 'email',
    maxLength: 254,
    description: 'Unique without regard to case.',
    examples: ['ana@example.com'],
  }),
  first_name: Type.Optional(Text({ maxLength: 100, default: '', description: 'May be empty.', examples: ['Ana'] })),
  last_name: Type.Optional(Text({ maxLength: 100, default: '', description: 'May be empty.', examples: ['García'] })),
}

/** Characters of a new password; older ones may have fewer. */
export const MIN_PASSWORD = 12

/** Only the least is said here; what makes a password too easy depends on whose it is. */
export const newPassword = Type.String({
  minLength: MIN_PASSWORD,
  maxLength: 128,
  description: '12 to 128 characters; none that everybody tries first, and not the user name or e-mail address.',
  examples: ['caballo-grapa-correcta'],
})

const username = Text({
  minLength: 3,
  maxLength: 50,
  // Signs and spaces of every script are refused by a rule; a pattern for that is not understood by every client.
  pattern: '^[^\\u0000-\\u002C\\u002F\\u003A-\\u0040\\u005B-\\u005E\\u0060\\u007B-\\u00A9\\u00AB-\\u00B4]*$',
  description: 'Letters, digits, `.`, `_` and `-`; unique without regard to case.',
  examples: ['ana.garcia'],
})

export const NewUser = Component(
  'NewUser',
  Closed(
    {
      username,
      ...profileFields,
      password: newPassword,
      role: Type.Optional(StringEnum(ROLES, { default: 'viewer', ...role })),
    },
    { description: 'A user to make.' },
  ),
)
export type NewUser = Static<typeof NewUser>

export const UserPatch = Component(
  'UserPatch',
  PatchOf(
    Closed({
      username,
      ...profileFields,
      role: StringEnum(ROLES, role),
      is_active: Type.Boolean({ description: 'Whether the user can log in.', examples: [true] }),
    }),
  ),
)
export type UserPatch = Static<typeof UserPatch>

export const NewPassword = Component(
  'NewPassword',
  Closed({ new_password: newPassword }, { description: "The password that replaces a user's." }),
)

export const UserPage = PageOf('UserPage', User)

export const UserQuery = ListQuery(['username', 'email', 'created_at', 'updated_at', 'id'], {
  role: Type.Optional(StringEnum(ROLES, { description: 'Only users of this role.', examples: ['admin'] })),
  is_active: Type.Optional(Type.Boolean({ description: 'Only active users, or only the others.', examples: [true] })),
  q: Type.Optional(
    Text({
      maxLength: 100,
      description: 'Text in user name, e-mail address or names, as it stands; case and accents do not count.',
      examples: ['garcia'],
    }),
  ),
})
export type UserQuery = Static<typeof UserQuery>

const users = (description: string, example: number) => Count({ description, examples: [example] })

export const UserStats = Component(
  'UserStats',
  Type.Object(
    {
      total: users('All users.', 9),
      active: users('Users who can log in.', 8),
      inactive: users('Users who cannot.', 1),
      by_role: Type.Object(
        {
          viewer: users('Viewers.', 2),
          user: users('Users.', 3),
          supervisor: users('Supervisors.', 2),
          manager: users('Managers.', 1),
          admin: users('Administrators.', 1),
        },
        { description: 'Users of each role, inactive ones too.' },
      ),
    },
    { description: 'How many users there are.' },
  ),
)
export type UserStats = Static<typeof UserStats>
