import { type Static, Type } from '@sinclair/typebox'
import { Closed, Component, PatchOf, Ref } from '../../http/schema.ts'
import { newPassword, profileFields, User, userFields } from '../users/schemas.ts'

/** Passwords from before the rules of today still work, so only an upper limit is set. */
const knownPassword = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: 'The password as it is now.',
  examples: ['caballo-grapa-correcta'],
})

export const Credentials = Component(
  'Credentials',
  Closed(
    {
      username: Type.String({
        minLength: 1,
        maxLength: 254,
        description: 'User name or e-mail address, without regard to case.',
        examples: ['admin'],
      }),
      password: knownPassword,
    },
    { description: 'Who logs in.' },
  ),
)
export type Credentials = Static<typeof Credentials>

const token = 'Zt3nQ1y7kXv0b5sLrG9dWmE2aUcHfJ8oPqTiK4xNwYA'

export const RefreshRequest = Component(
  'RefreshRequest',
  Closed(
    {
      refresh_token: Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'From the last login or refresh.',
        examples: [token],
      }),
    },
    { description: 'What is exchanged for new tokens.' },
  ),
)

export const Tokens = Component(
  'Tokens',
  Type.Object(
    {
      access_token: Type.String({
        description: 'Send it with every request: `Authorization: Bearer <access_token>`.',
        examples: ['eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
      }),
      refresh_token: Type.String({
        description: 'Works once, for new tokens, with POST /api/v1/auth/refresh.',
        examples: [token],
      }),
      token_type: Type.String({ description: 'Always Bearer.', examples: ['Bearer'] }),
      expires_in: Type.Integer({
        format: 'int32',
        minimum: 1,
        maximum: 2_147_483_647,
        description: 'Seconds until the access token expires.',
        examples: [3600],
      }),
      user: Ref(User),
      password_change_advised: Type.Optional(
        Type.Boolean({
          description:
            'True at a login with a password that could not be chosen today, being too short or too easily guessed: change it with POST /api/v1/auth/me/password. Absent otherwise.',
          examples: [true],
        }),
      ),
    },
    { description: 'The tokens of a session.' },
  ),
)
export type Tokens = Static<typeof Tokens>

export const Me = Component(
  'Me',
  Type.Object(
    {
      ...userFields,
      permissions: Type.Array(Type.String(), {
        maxItems: 100,
        description: 'What your role includes; each operation names the one it needs as `x-permission`.',
        examples: [['account:own', 'catalogue:read', 'stock:read']],
      }),
    },
    { description: 'Your own account.' },
  ),
)
export type Me = Static<typeof Me>

export const ProfilePatch = Component('ProfilePatch', PatchOf(Closed(profileFields)))

export const PasswordChange = Component(
  'PasswordChange',
  Closed(
    { current_password: knownPassword, new_password: { ...newPassword, examples: ['otra-frase-bien-larga'] } },
    { description: 'The old password and the new one.' },
  ),
)
export type PasswordChange = Static<typeof PasswordChange>

/** Accepted because clients send it with every POST. */
export const ignoredIdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      maxLength: 257,
      description: 'Accepted and ignored: answers with secrets are not kept, so a repetition is a new request.',
    }),
  ),
})
