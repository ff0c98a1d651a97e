import type { Test } from 'tap'
import { violatedConstraint } from '../../../src/db/dialect.ts'
import { ROLES } from '../../../src/http/permissions.ts'
import { anotherInstance, logIn, makeUser, PASSWORD, post, statusOf } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'

const OPERATIONS = [
  ['GET', '/users'],
  ['POST', '/users'],
  ['GET', '/users/stats'],
  ['GET', '/users/1'],
  ['PATCH', '/users/1'],
  ['POST', '/users/1/deactivate'],
  ['POST', '/users/1/activate'],
  ['POST', '/users/1/password'],
] as const

const usersOf = ({ store }: TestApp) =>
  store.query((reader) => reader.selectFrom('users').selectAll().orderBy('id').execute())

const idOf = async ({ call }: TestApp, username: string): Promise<number> =>
  (await call('GET', `/users?q=${username}`)).json().data[0].id

onEveryEngine('only administrators administer users', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const before = await usersOf(testApp)
  for (const [method, path] of OPERATIONS) {
    const body = method === 'GET' ? {} : { body: { role: 'admin', new_password: PASSWORD } }
    for (const as of ROLES.filter((role) => role !== 'admin')) {
      const answer = await testApp.call(method, path, { as, ...body })
      t.equal(answer.statusCode, 403, `${as} ${method} ${path}`)
      t.match(answer.json(), { code: 'forbidden', detail: /user:admin/ })
    }
    t.equal((await testApp.call(method, path, { as: 'nobody', ...body })).statusCode, 401, `nobody ${method} ${path}`)
  }
  t.same(await usersOf(testApp), before)
})

onEveryEngine('nobody takes their own rights, or resets their own password', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { call } = testApp
  await makeUser(testApp, { role: 'admin' })
  const before = await usersOf(testApp)
  const own = `/users/${(await call('GET', '/auth/me')).json().id}`
  const refused = [
    await call('PATCH', own, { body: { role: 'viewer' } }),
    await call('PATCH', own, { body: { is_active: false } }),
    await call('PATCH', own, { body: { first_name: 'x', role: 'manager' } }),
    await call('POST', `${own}/deactivate`),
    await call('POST', `${own}/password`, { body: { new_password: 'otra-frase-bien-larga' } }),
  ]
  for (const answer of refused) {
    t.equal(answer.statusCode, 403)
    t.equal(answer.json().code, 'own_account')
  }
  t.same(await usersOf(testApp), before)
  t.equal((await call('PATCH', own, { body: { first_name: 'Eva', role: 'admin', is_active: true } })).statusCode, 200)
  t.equal((await call('POST', `${own}/activate`)).statusCode, 200)
})

onEveryEngine('another role or status ends what the user had open', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, call } = testApp
  const instance = await anotherInstance(t, testApp)
  const { id } = await makeUser(testApp, { role: 'manager' })
  const changes = [
    () => call('PATCH', `/users/${id}`, { body: { role: 'viewer' } }),
    () => call('PATCH', `/users/${id}`, { body: { is_active: false } }),
    () => call('POST', `/users/${id}/deactivate`),
  ]
  for (const change of changes) {
    await call('POST', `/users/${id}/activate`)
    const { access_token, refresh_token } = (await logIn(app)).json()
    t.equal(await statusOf(instance, access_token), 200)
    t.equal((await change()).statusCode, 200)
    t.equal(await statusOf(instance, access_token), 401)
    t.equal((await post(instance, '/auth/refresh', { refresh_token })).statusCode, 401)
  }
  t.equal((await logIn(app)).statusCode, 401, 'inactive')
  await call('POST', `/users/${id}/activate`)
  const { access_token } = (await logIn(app)).json()
  await call('PATCH', `/users/${id}`, { body: { first_name: 'Ana', email: 'ana@example.org', role: 'viewer' } })
  t.equal(await statusOf(app, access_token), 200, 'a name ends nothing')
})

onEveryEngine('an action that is done already changes nothing', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { call } = testApp
  const { id } = await makeUser(testApp)
  const first = await call('POST', `/users/${id}/deactivate`)
  t.match(first.json(), { is_active: false, version: 2 })
  t.equal((await call('POST', `/users/${id}/deactivate`)).body, first.body)
  const back = await call('POST', `/users/${id}/activate`)
  t.match(back.json(), { is_active: true, version: 3 })
  t.equal((await call('POST', `/users/${id}/activate`)).body, back.body)
  t.equal((await call('GET', `/users/${id}`)).headers.etag, back.headers.etag)
})

/** Ten times, two administrators take each other's rights at the same moment; `take` says how. */
async function duel(t: Test, testApp: TestApp, take: (id: number) => ['PATCH' | 'POST', string, object?]) {
  const { store } = testApp
  let refusals = 0
  const { id: other } = await makeUser(testApp, { role: 'admin' })
  const own = await idOf(testApp, 'admin@example.com')
  const instance = await anotherInstance(t, testApp)
  for (let round = 0; round < 10; round += 1) {
    const both = { role: 'admin', is_active: true }
    await store.write((trx) => trx.updateTable('users').set(both).where('id', 'in', [own, other]).execute())
    const tokens = [await freshToken(testApp, own), await freshToken(testApp, other)]
    const answers = await Promise.all(
      [take(other), take(own)].map(([method, path, payload], index) =>
        (index === 0 ? testApp.app : instance).inject({
          method,
          url: `/api/v1${path}`,
          headers: { authorization: `Bearer ${tokens[index]}` },
          ...(payload ? { payload } : {}),
        }),
      ),
    )
    const active = await store.query((reader) =>
      reader.selectFrom('users').select('id').where('role', '=', 'admin').where('is_active', '=', true).execute(),
    )
    t.equal(active.length, 1, `round ${round}`)
    const [won, lost] = answers.map((answer) => answer.statusCode).sort((a, b) => a - b)
    t.equal(won, 200)
    // Refused for the rule, or because the other one was done before this one was let in.
    t.ok(lost === 409 || lost === 401, `${lost}`)
    const rule = answers.find((answer) => answer.statusCode === 409)
    if (rule) t.equal(rule.json().code, 'last_administrator')
    refusals += rule ? 1 : 0
  }
  t.ok(refusals > 0, `${refusals} of 10 reached the rule`)
}

async function freshToken({ app, store }: TestApp, id: number): Promise<string> {
  const created_at = new Date().toISOString()
  const expires_at = new Date(Date.now() + 600_000).toISOString()
  const [session, user] = await store.write(async (trx) => [
    await trx
      .insertInto('sessions')
      .values({ user_id: id, created_at, expires_at })
      .returning('id')
      .executeTakeFirstOrThrow(),
    await trx.selectFrom('users').select('token_version').where('id', '=', id).executeTakeFirstOrThrow(),
  ])
  return app.jwt.sign({
    sub: String(id),
    sid: (session as { id: number }).id,
    tv: (user as { token_version: number }).token_version,
  })
}

onEveryEngine('of two administrators who deactivate each other one is left', async (t, engine) => {
  await duel(t, await buildTestApp(t, engine), (id) => ['POST', `/users/${id}/deactivate`])
})

onEveryEngine('of two administrators who demote each other one is left', async (t, engine) => {
  await duel(t, await buildTestApp(t, engine), (id) => ['PATCH', `/users/${id}`, { role: 'viewer' }])
})

onEveryEngine('the database itself keeps an administrator', async (t, engine) => {
  const { store } = await buildTestApp(t, engine)
  const attacks = [{ is_active: false }, { role: 'manager' }]
  for (const changes of attacks) {
    const attack = store.write((trx) => trx.updateTable('users').set(changes).where('role', '=', 'admin').execute())
    const error = await attack.catch((reason: unknown) => reason)
    t.equal(violatedConstraint(error), 'users_keep_an_admin')
  }
})
