import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { changed, nothing } from '../../http/answers.ts'
import * as op from '../../http/operation.ts'
import { act } from '../../http/route-schema.ts'
import { Closed, Id, Ref } from '../../http/schema.ts'
import type { Services } from '../../http/services.ts'
import { hashPassword } from '../../values/password.ts'
import { NewPassword, User } from './schemas.ts'
import { changeUser, getUser, noUser, ownAccount, requireGoodPassword, setPassword } from './service.ts'
import { etagOfUser } from './view.ts'

const params = Closed({ user_id: Id({ description: 'User.' }) })
const admin = { tag: 'Users', permission: 'user:admin' } as const

export const userActionRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, effects }) => {
  app.post(
    '/users/:user_id/deactivate',
    {
      schema: act({
        id: 'deactivateUser',
        ...admin,
        summary: 'Deactivate a user',
        description:
          'The user cannot log in any more and all sessions end at once. Users are never deleted: what they did keeps their name. Once more changes nothing.',
        params,
        answer: User,
        says: 'Inactive',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const user = await changeUser(effect, request.params.user_id, { is_active: false })
        return changed(user, etagOfUser(user))
      }),
  )

  app.post(
    '/users/:user_id/activate',
    {
      schema: act({
        id: 'activateUser',
        ...admin,
        summary: 'Activate a user',
        description: 'The user can log in again, with the password of before. Once more changes nothing.',
        params,
        answer: User,
        says: 'Active',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const user = await changeUser(effect, request.params.user_id, { is_active: true })
        return changed(user, etagOfUser(user))
      }),
  )

  app.post(
    '/users/:user_id/password',
    {
      schema: {
        ...op.operation({
          id: 'resetUserPassword',
          ...admin,
          summary: "Reset a user's password",
          description:
            "Gives another user a new password and ends all of that user's sessions. Your own is changed with `POST /api/v1/auth/me/password`.",
        }),
        params,
        headers: op.idempotencyKey,
        body: Ref(NewPassword),
        response: { 204: op.noContent('Replaced'), ...op.problems(404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { user_id } = request.params
      const { new_password } = request.body
      if (user_id === request.actor.id) throw ownAccount('Change your own password with POST /api/v1/auth/me/password.')
      const user = await store.query((reader) => getUser(reader, user_id))
      requireGoodPassword(new_password, user, '#/new_password')
      const hash = await hashPassword(new_password)
      return await effects.send(request, reply, async (effect) => {
        if (!(await setPassword(effect, user_id, hash))) throw noUser(user_id)
        return nothing
      })
    },
  )
}
