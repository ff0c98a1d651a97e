import { ROLES } from '../../../src/http/permissions.ts'
import { anotherInstance, logIn, makeUser, PASSWORD, post, statusOf } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine } from '../../support/app.ts'

const NEW_PASSWORD = 'otra-frase-bien-larga'

onEveryEngine('everybody sees their own account and what it may do', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const counts: number[] = []
  for (const role of ROLES) {
    const me = await call('GET', '/auth/me', { as: role })
    t.match(me.json(), { username: role, email: `${role}@example.com`, role, is_active: true, last_login: null })
    t.notMatch(me.body, /hash|token_version|search_text|_key/)
    counts.push(me.json().permissions.length)
    t.equal(
      (await call('GET', '/auth/me', { as: role, headers: { 'if-none-match': String(me.headers.etag) } })).statusCode,
      304,
    )
  }
  t.same(
    counts,
    [...counts].sort((a, b) => a - b),
    'each role has what those before it have',
  )
  const { permissions } = (await call('GET', '/auth/me', { as: 'viewer' })).json()
  t.ok(permissions.includes('catalogue:read'))
  t.notOk(permissions.includes('user:admin'))
  t.ok((await call('GET', '/auth/me')).json().permissions.includes('user:admin'))
})

onEveryEngine('names and e-mail address are one’s own to change', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const before = await call('GET', '/auth/me', { as: 'viewer' })
  const body = { first_name: ' Ana ', last_name: 'Peña', email: ' Ana@Example.com ' }
  const changed = await call('PATCH', '/auth/me', {
    as: 'viewer',
    body,
    headers: { 'if-match': String(before.headers.etag) },
  })
  t.equal(changed.statusCode, 200)
  t.match(changed.json(), {
    first_name: 'Ana',
    last_name: 'Peña',
    email: 'Ana@Example.com',
    version: 2,
    role: 'viewer',
  })
  t.equal((await call('GET', '/auth/me', { as: 'viewer' })).body, changed.body, 'still logged in')
  const stale = { as: 'viewer', body, headers: { 'if-match': String(before.headers.etag) } } as const
  t.equal((await call('PATCH', '/auth/me', stale)).statusCode, 412)
  const taken = await call('PATCH', '/auth/me', { as: 'viewer', body: { email: 'ADMIN@example.com' } })
  t.equal(taken.statusCode, 409)
  t.match(taken.json(), { code: 'conflict', errors: [{ pointer: '#/email' }] })
  t.equal((await call('PATCH', '/auth/me', { as: 'nobody', body })).statusCode, 401)
})

onEveryEngine('nobody gives themselves rights', async (t, engine) => {
  const { call, store } = await buildTestApp(t, engine)
  const rows = () => store.query((reader) => reader.selectFrom('users').selectAll().orderBy('id').execute())
  const before = await rows()
  const fields: Record<string, unknown> = {
    role: 'admin',
    id: 1,
    username: 'admin2',
    is_active: true,
    isActive: true,
    password: NEW_PASSWORD,
    password_hash: 'x',
    passwordHash: 'x',
    emailVerified: true,
    permissions: ['user:admin'],
    token_version: 9,
    version: 9,
    last_login: null,
    created_at: '2026-01-31T12:00:00.000Z',
    user: { role: 'admin' },
    constructor: { role: 'admin' },
  }
  for (const [field, value] of Object.entries(fields)) {
    const answer = await call('PATCH', '/auth/me', { as: 'viewer', body: { first_name: 'Eva', [field]: value } })
    t.equal(answer.statusCode, 422, field)
    t.equal(answer.json().errors[0].pointer, `#/${field}`)
  }
  const polluted = await call('PATCH', '/auth/me', {
    as: 'viewer',
    body: '{"first_name":"Eva","__proto__":{"role":"admin"}}',
  })
  t.equal(polluted.statusCode, 422)
  for (const field of ['email', 'first_name', 'last_name']) {
    t.equal(
      (await call('PATCH', '/auth/me', { as: 'viewer', body: { [field]: null } })).statusCode,
      422,
      `${field} null`,
    )
  }
  t.equal((await call('PATCH', '/auth/me', { as: 'viewer', body: {} })).statusCode, 422)
  t.same(await rows(), before)
})

onEveryEngine('a new password ends the other sessions', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  const instance = await anotherInstance(t, testApp)
  await makeUser(testApp)
  const own = (await logIn(app)).json()
  const other = (await logIn(app)).json()
  const body = { current_password: PASSWORD, new_password: NEW_PASSWORD }
  const answer = await post(app, '/auth/me/password', body, { token: own.access_token })
  t.equal(answer.statusCode, 204)
  t.equal(await statusOf(instance, other.access_token), 401)
  t.equal((await post(app, '/auth/refresh', { refresh_token: other.refresh_token })).statusCode, 401)
  t.equal(await statusOf(app, own.access_token), 401, 'the old token of the own session')
  const refreshed = await post(app, '/auth/refresh', { refresh_token: own.refresh_token })
  t.equal(refreshed.statusCode, 200, 'which goes on')
  t.equal(await statusOf(instance, refreshed.json().access_token), 200)
  t.equal((await logIn(app)).statusCode, 401, 'the old password')
  t.equal((await logIn(app, 'ana.garcia', NEW_PASSWORD)).statusCode, 200)
})

onEveryEngine('a password that is wrong, short, long or easy is refused by field', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  await makeUser(testApp, { email: 'ana.garcia@example.com' })
  const { access_token: token } = (await logIn(app)).json()
  const change = async (body: object) => {
    const answer = await post(app, '/auth/me/password', body, { token })
    t.equal(answer.statusCode, 422, JSON.stringify(body))
    return answer.json().errors[0].pointer
  }
  t.equal(await change({ current_password: 'wrong', new_password: NEW_PASSWORD }), '#/current_password')
  const easy = [
    'x',
    'elevenchars',
    'a'.repeat(129),
    'aaaaaaaaaaaa',
    'Password1234',
    '123456789012',
    'ANA.garcia@example.com',
  ]
  for (const new_password of easy) {
    t.equal(await change({ current_password: PASSWORD, new_password }), '#/new_password', new_password)
  }
  t.equal(await change({ new_password: NEW_PASSWORD }), '#/current_password')
  t.equal(await change({ current_password: PASSWORD, new_password: NEW_PASSWORD, username: 'admin' }), '#/username')
  t.equal(await statusOf(app, token), 200, 'nothing has happened')
  const longest = `${'ñ€😀 '.repeat(31)}ñ€😀.`
  t.equal([...longest].length, 128)
  const body = { current_password: PASSWORD, new_password: longest }
  t.equal((await post(app, '/auth/me/password', body, { token })).statusCode, 204)
  t.equal((await logIn(app, 'ana.garcia', longest.normalize('NFD'))).statusCode, 200, 'however it is typed')
})

onEveryEngine('of two changes of a password at once one takes effect', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  await makeUser(testApp)
  const sessions = [(await logIn(app)).json(), (await logIn(app)).json()]
  const answers = await Promise.all(
    sessions.map(({ access_token: token }, index) =>
      post(
        app,
        '/auth/me/password',
        { current_password: PASSWORD, new_password: `${NEW_PASSWORD}-${index}` },
        { token },
      ),
    ),
  )
  const winners = answers.flatMap((answer, index) => (answer.statusCode === 204 ? [index] : []))
  t.equal(winners.length, 1)
  t.equal((await logIn(app, 'ana.garcia', `${NEW_PASSWORD}-${winners[0]}`)).statusCode, 200)
})
