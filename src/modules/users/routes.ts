import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readPage } from '../../db/keyset.ts'
import { changed, created } from '../../http/answers.ts'
import { sendResource } from '../../http/etag.ts'
import * as op from '../../http/operation.ts'
import { pageOf } from '../../http/paging.ts'
import { change, create, list, read } from '../../http/route-schema.ts'
import { Closed, Id, Ref } from '../../http/schema.ts'
import type { Services } from '../../http/services.ts'
import { hashPassword } from '../../values/password.ts'
import * as repository from './repository.ts'
import { NewUser, User, UserPage, UserPatch, UserQuery, UserStats } from './schemas.ts'
import { changeUser, countUsersByRole, createUser, getUser, requireGoodPassword } from './service.ts'
import { etagOfUser, toUser } from './view.ts'

const params = Closed({ user_id: Id({ description: 'User.' }) })
const admin = { tag: 'Users', permission: 'user:admin' } as const

export const userRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, effects, cursors }) => {
  app.get(
    '/users',
    {
      schema: list({
        id: 'listUsers',
        ...admin,
        summary: 'List users',
        description: 'All users, inactive ones too unless they are filtered out.',
        query: UserQuery,
        answer: UserPage,
        says: 'A page of users',
      }),
    },
    async (request, reply) => {
      const { query } = request
      const paging = cursors.read(request)
      const found = await readPage(
        store,
        query,
        (reader) => repository.listUsers(reader, query, paging),
        (reader) => repository.countUsers(reader, query),
      )
      return pageOf({ request, reply, cursors }, found, toUser)
    },
  )

  app.post(
    '/users',
    {
      schema: create({
        id: 'createUser',
        ...admin,
        summary: 'Create a user',
        description: 'User name and e-mail address are unique without regard to case.',
        body: Ref(NewUser),
        answer: User,
        says: 'Created',
      }),
    },
    async (request, reply) => {
      requireGoodPassword(request.body.password, request.body, '#/password')
      const hash = await hashPassword(request.body.password)
      return await effects.send(request, reply, async (effect) => {
        const user = await createUser(effect, request.body, hash)
        return created('/users', user, etagOfUser(user))
      })
    },
  )

  app.get(
    '/users/stats',
    {
      schema: {
        ...op.operation({
          id: 'getUserStats',
          ...admin,
          summary: 'Count users',
          description: 'How many users there are, by status and by role.',
        }),
        response: { 200: op.answer(UserStats, 'The numbers'), ...op.problems() },
      },
    },
    async () => await store.query(countUsersByRole),
  )

  app.get(
    '/users/:user_id',
    {
      schema: read({
        id: 'getUser',
        ...admin,
        summary: 'Get a user',
        description: 'One user; a password is never shown, not even as a hash.',
        params,
        answer: User,
        says: 'The user',
      }),
    },
    async (request, reply) => {
      const user = await store.query((reader) => getUser(reader, request.params.user_id))
      return sendResource(request, reply, etagOfUser(user), user)
    },
  )

  app.patch(
    '/users/:user_id',
    {
      schema: change({
        id: 'updateUser',
        ...admin,
        summary: 'Change a user',
        description:
          "A merge patch. Another role or status ends the user's sessions at once. Your own role and status are changed by another administrator, and one active administrator always remains.",
        params,
        body: Ref(UserPatch),
        answer: User,
        says: 'Changed',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const user = await changeUser(effect, request.params.user_id, request.body)
        return changed(user, etagOfUser(user))
      }),
  )
}
