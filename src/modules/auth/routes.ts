import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import * as op from '../../http/operation.ts'
import { Ref } from '../../http/schema.ts'
import type { Services } from '../../http/services.ts'
import { logIn } from './login-service.ts'
import { Credentials, ignoredIdempotencyKey, RefreshRequest, Tokens } from './schemas.ts'
import { endSession, type Grant, refreshSession } from './session-service.ts'
import type { LoginThrottle } from './throttle-service.ts'
import { toTokens } from './view.ts'

export interface AuthServices extends Services {
  throttle: LoginThrottle
  /** How long an access token lives, and a refresh token. */
  accessSeconds: number
  refreshSeconds: number
}

/** What is answered to a login: the grant, with its access token signed. */
const signerOf = (app: FastifyInstance, expires_in: number) => (grant: Grant) => {
  const { user, sessionId, tokenVersion } = grant
  const claims = { sub: String(user.id), sid: sessionId, tv: tokenVersion, jti: randomUUID() }
  return toTokens(grant, { access_token: app.jwt.sign(claims), expires_in })
}

export const authRoutes: FastifyPluginAsyncTypebox<AuthServices> = async (app, services) => {
  const { effects, accessSeconds, refreshSeconds } = services
  const tokensOf = signerOf(app, accessSeconds)

  app.post(
    '/auth/login',
    {
      schema: {
        ...op.operation({
          id: 'logIn',
          tag: 'Auth',
          permission: 'public',
          summary: 'Log in',
          description:
            'Answers an access token, to be sent with every request, and a refresh token for the next one. After five failures in 15 minutes the same name from the same address has to wait.',
        }),
        headers: ignoredIdempotencyKey,
        body: Ref(Credentials),
        response: { 200: op.answer(Tokens, 'Logged in'), ...op.publicProblems(413, 415, 422) },
      },
    },
    async (request) => tokensOf(await logIn({ ...services, request }, request.body, refreshSeconds)),
  )

  app.post(
    '/auth/refresh',
    {
      schema: {
        ...op.operation({
          id: 'refreshTokens',
          tag: 'Auth',
          permission: 'public',
          summary: 'Refresh the tokens',
          description:
            'Exchanges a refresh token for new tokens of the same session. Each works once: sent again within ten seconds it answers 409, for the tokens are in the other answer; later it ends the session.',
        }),
        headers: ignoredIdempotencyKey,
        body: Ref(RefreshRequest),
        response: { 200: op.answer(Tokens, 'New tokens'), ...op.publicProblems(409, 413, 415, 422) },
      },
    },
    async (request) => tokensOf(await refreshSession(effects, request, request.body.refresh_token, refreshSeconds)),
  )

  app.post(
    '/auth/logout',
    {
      schema: {
        ...op.operation({
          id: 'logOut',
          tag: 'Auth',
          permission: 'account:own',
          summary: 'Log out',
          description: 'Ends the session of the access token: it and the refresh token are refused from now on.',
        }),
        headers: ignoredIdempotencyKey,
        response: { 204: op.noContent('Logged out'), ...op.problems() },
      },
    },
    async (request, reply) => {
      await endSession(effects, request, request.sessionId)
      return reply.code(204).send(null)
    },
  )
}
