import Fastify from 'fastify'
import { test } from 'tap'
import type { Actor } from '../../src/http/actor.ts'
import { type Credential, registerGuard } from '../../src/http/auth.ts'
import { registerProblems } from '../../src/http/problems.ts'

const actor = (id: number, permissions: Actor['permissions']): Actor => ({
  id,
  username: `person ${id}`,
  permissions,
  grantedBy: 'Your key, till 3,',
})

/** A credential of a header of its own: the text in it is the client, and what it opens is looked up. */
const inHeader =
  (header: string, holders: Record<string, Actor>): Credential =>
  (request) => {
    const text = request.headers[header]
    if (typeof text !== 'string') return undefined
    const holder = holders[text]
    return { client: `${header} ${text}`, findHolder: async () => holder && { actor: holder } }
  }

test('who asks is found by any credential, and what they may do is in the permissions alone', async (t) => {
  const counted: string[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  registerProblems(app)
  app.addHook('onRequest', async (request) => {
    request.clientAddress = '192.0.2.1'
  })
  app.decorateRequest('clientAddress', '')
  registerGuard(app, {
    credentials: [
      inHeader('x-key', { till: actor(7, new Set(['stock:read'])), idle: actor(8, new Set()) }),
      inHeader('x-badge', { till: actor(9, new Set(['stock:read'])) }),
    ],
    limit: async (_request, _reply, client) => {
      counted.push(client)
    },
  })
  app.get('/shelves', { schema: { 'x-permission': 'stock:read' } as object }, async ({ actor, sessionId }) => ({
    id: actor.id,
    sessionId,
  }))
  const get = async (headers: Record<string, string>) => await app.inject({ url: '/shelves', headers })

  t.same((await get({ 'x-key': 'till' })).json(), { id: 7, sessionId: 0 })
  t.same((await get({ 'x-badge': 'till' })).json(), { id: 9, sessionId: 0 })
  t.equal((await get({ 'x-key': 'till', 'x-badge': 'till' })).json().id, 7, 'the first that is there decides')
  t.equal((await get({ 'x-key': 'lost', 'x-badge': 'till' })).statusCode, 401, 'and no other is asked then')
  t.match((await get({ 'x-key': 'idle' })).json(), {
    status: 403,
    code: 'forbidden',
    detail: 'Your key, till 3, does not include stock:read.',
  })
  t.match((await get({})).json(), { status: 401, code: 'unauthenticated' })
  t.same(
    counted,
    ['x-key till', 'x-badge till', 'x-key till', 'x-key lost', 'x-key idle', 'address 192.0.2.1'],
    'each request counts against who it says it is by, and by its address where it says nothing',
  )
})
