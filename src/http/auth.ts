import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { type Actor, actorOf } from './actor.ts'
import { addressClient, type Limiter } from './limits.ts'
import { isPermission, type Permission } from './permissions.ts'

/** What an access token says: `sub` the user, `sid` the session, `tv` the token version, `jti` which token it is. */
export interface AccessClaims {
  sub: string
  sid: number
  tv: number
  jti?: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route but the public ones. */
    actor: Actor
    /** The session the request belongs to; 0 where it came by a credential that has none. */
    sessionId: number
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: AccessClaims
    user: AccessClaims
  }
}

/** Who a credential was given to. */
export interface Holder {
  actor: Actor
  sessionId?: number
}

/** A credential as a request shows it, before the database is asked. */
export interface Presented {
  /** Whom the request counts against: `user 5`. */
  client: string
  /** Who it was given to, if it still holds. */
  findHolder(): Promise<Holder | undefined>
}

/** A way to say who asks. */
export type Credential = (request: FastifyRequest) => Presented | undefined

export interface AuthOptions {
  /** In the order they are looked for. */
  credentials: readonly Credential[]
  /** Counts the request against its client; throws when that has had enough. */
  limit: Limiter
}

/** The user of a session that is neither ended nor expired, if active. */
export interface SessionHolder {
  id: number
  username: string
  role: string
  /** Goes up when a password, a role or a status changes; older tokens are void. */
  token_version: number
}

const ISSUER = 'stock-management-api'

/**
 * Access tokens: HS256 and nothing else, with issuer, audience, type and expiry checked.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725 for why each is pinned
 */
export async function registerTokens(app: FastifyInstance, secret: string, accessTokenSeconds: number): Promise<void> {
  await app.register(jwt, {
    secret,
    sign: {
      algorithm: 'HS256',
      iss: ISSUER,
      aud: ISSUER,
      expiresIn: accessTokenSeconds,
      header: { alg: 'HS256', typ: 'at+jwt' },
    },
    verify: {
      algorithms: ['HS256'],
      allowedIss: ISSUER,
      allowedAud: ISSUER,
      requiredClaims: ['exp', 'iat', 'iss', 'aud', 'sub', 'sid', 'tv'],
      checkTyp: 'at+jwt',
      cache: 1000,
    },
  })
}

/**
 * Gives every route registered on `app` the guard its `x-permission` asks for. A route that names neither a permission
 * nor, with `security: []`, that it is open to everybody does not start.
 */
export function registerGuard(app: FastifyInstance, options: AuthOptions): void {
  app.decorateRequest('actor')
  app.decorateRequest('sessionId', 0)
  app.decorateRequest('changes')
  app.addHook('onRoute', (route) => {
    const schema = (route.schema ?? {}) as { security?: unknown[]; 'x-permission'?: string }
    const permission = schema['x-permission']
    const isPublic = schema.security?.length === 0
    if (isPublic === isPermission(permission)) {
      throw new Error(`${route.method} ${route.url} names no x-permission that there is, or names one and is public`)
    }
    const guard = isPublic ? openTo(options) : guardOf(permission as Permission, options)
    route.onRequest = [guard, ...[route.onRequest ?? []].flat()]
  })
}

const openTo = (options: AuthOptions) => async (request: FastifyRequest, reply: FastifyReply) => {
  await options.limit(request, reply, addressClient(request))
}

const guardOf =
  (permission: Permission, { credentials, limit }: AuthOptions) =>
  async (request: FastifyRequest, reply: FastifyReply) => {
    const presented = firstOf(credentials, request)
    // Counted before the database is asked, and by address as long as it is not known who asks.
    await limit(request, reply, presented?.client ?? addressClient(request))
    const holder = await presented?.findHolder()
    if (holder === undefined) throw unauthenticated(request)
    const { actor, sessionId = 0 } = holder
    request.actor = actor
    request.sessionId = sessionId
    if (!actor.permissions.has(permission)) {
      throw new Problem('forbidden', `${actor.grantedBy} does not include ${permission}.`)
    }
  }

function firstOf(credentials: readonly Credential[], request: FastifyRequest): Presented | undefined {
  for (const credential of credentials) {
    const presented = credential(request)
    if (presented !== undefined) return presented
  }
  return undefined
}

/** The access token of a session, in `Authorization: Bearer`. */
export const sessionToken =
  (findSessionHolder: (sessionId: number) => Promise<SessionHolder | undefined>): Credential =>
  (request) => {
    const claims = verify(request)
    if (claims === undefined) return undefined
    const findHolder = async () => {
      const holder = await findSessionHolder(claims.sid)
      if (holder?.token_version !== claims.tv || String(holder.id) !== claims.sub) return undefined
      return { actor: actorOf(holder), sessionId: claims.sid }
    }
    return { client: `user ${claims.sub}`, findHolder }
  }

/** The claims of a valid token. Whatever is wrong with a token, it is no token; the library has many ways to say so. */
function verify(request: FastifyRequest): AccessClaims | undefined {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (token === undefined) return undefined
  try {
    const claims = request.server.jwt.verify<AccessClaims>(token)
    return Number.isSafeInteger(claims.sid) && Number.isSafeInteger(claims.tv) ? claims : undefined
  } catch {
    return undefined
  }
}

function unauthenticated(request: FastifyRequest): Problem {
  const challenge = request.headers.authorization ? 'Bearer error="invalid_token"' : 'Bearer'
  const detail = request.headers.authorization
    ? 'The access token is not valid, or no longer: log in again, or refresh it.'
    : 'Send an access token: Authorization: Bearer <access_token>, from POST /api/v1/auth/login.'
  return new Problem('unauthenticated', detail, { headers: { 'www-authenticate': challenge } })
}
