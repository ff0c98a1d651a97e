import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { changed } from '../../http/answers.ts'
import { sendResource } from '../../http/etag.ts'
import * as op from '../../http/operation.ts'
import { change, read } from '../../http/route-schema.ts'
import { Ref } from '../../http/schema.ts'
import { changeUser, etagOfUser, getUser } from '../users/service.ts'
import { changePassword } from './login-service.ts'
import type { AuthServices } from './routes.ts'
import { ignoredIdempotencyKey, Me, PasswordChange, ProfilePatch } from './schemas.ts'
import { toMe } from './view.ts'

const own = { tag: 'Auth', permission: 'account:own' } as const

export const accountRoutes: FastifyPluginAsyncTypebox<AuthServices> = async (app, services) => {
  const { store, effects } = services

  app.get(
    '/auth/me',
    {
      schema: read({
        id: 'getMe',
        ...own,
        summary: 'Get your account',
        description: 'Who you are and what you may do.',
        answer: Me,
        says: 'Your account',
      }),
    },
    async (request, reply) => {
      const user = await store.query((reader) => getUser(reader, request.actor.id))
      return sendResource(request, reply, etagOfUser(user), toMe(user))
    },
  )

  app.patch(
    '/auth/me',
    {
      schema: change({
        id: 'updateMe',
        ...own,
        summary: 'Change your account',
        description: 'A merge patch of names and e-mail address. Everything else is changed by an administrator.',
        body: Ref(ProfilePatch),
        answer: Me,
        says: 'Changed',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const user = await changeUser(effect, effect.actor.id, request.body)
        return changed(toMe(user), etagOfUser(user))
      }),
  )

  app.post(
    '/auth/me/password',
    {
      schema: {
        ...op.operation({
          id: 'changeMyPassword',
          ...own,
          summary: 'Change your password',
          description:
            'Ends all your other sessions. This one goes on, but its access token is void as well: refresh it, or log in again. Wrong current passwords count as failed logins.',
        }),
        headers: ignoredIdempotencyKey,
        body: Ref(PasswordChange),
        response: { 204: op.noContent('Changed'), ...op.problems(413, 415, 422) },
      },
    },
    async (request, reply) => {
      await changePassword(
        { ...services, request },
        { userId: request.actor.id, sessionId: request.sessionId },
        request.body,
      )
      return reply.code(204).send(null)
    },
  )
}
