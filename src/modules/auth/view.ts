import { permissionsOf } from '../../http/permissions.ts'
import type { User } from '../users/schemas.ts'
import type { Me, Tokens } from './schemas.ts'
import type { Grant } from './session-service.ts'

export const toMe = (user: User): Me => ({ ...user, permissions: [...permissionsOf(user.role)] })

/** @param signed the access token of the grant, and the seconds until it expires */
export const toTokens = (
  { user, refreshToken, passwordChangeAdvised }: Grant,
  signed: Pick<Tokens, 'access_token' | 'expires_in'>,
): Tokens => ({
  access_token: signed.access_token,
  refresh_token: refreshToken,
  token_type: 'Bearer',
  expires_in: signed.expires_in,
  user,
  ...(passwordChangeAdvised ? { password_change_advised: true } : {}),
})
