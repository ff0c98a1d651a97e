import { argon2Sync } from 'node:crypto'
import { pino } from 'pino'
import { hashPassword } from '../../../src/values/password.ts'
import { anotherInstance, logIn, makeUser, PASSWORD, post, statusOf } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine } from '../../support/app.ts'

onEveryEngine('people log in by user name or e-mail address, in any case', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  const made = await makeUser(testApp, { username: 'Ana.García', email: 'Ana@Example.com', role: 'supervisor' })
  for (const name of ['Ana.García', 'ana.garcía', ' ANA.GARCI\u0301A ', 'Ana@Example.com', 'ana@EXAMPLE.com']) {
    const answer = await logIn(app, name)
    t.equal(answer.statusCode, 200, name)
    t.match(answer.json(), { token_type: 'Bearer', expires_in: 3600, user: { id: made.id, role: 'supervisor' } })
    t.match(answer.json().refresh_token, /^[\w-]{43}$/)
    t.equal(answer.headers['cache-control'], 'no-store')
    t.equal(await statusOf(app, answer.json().access_token), 200)
  }
  t.equal((await logIn(app, 'ana.garcia')).statusCode, 401, 'an accent makes another name')
})

onEveryEngine('an access token says who, in which session, until when', async (t, engine) => {
  const testApp = await buildTestApp(t, engine, { JWT_ACCESS_TOKEN_EXPIRES: '600' })
  const { id } = await makeUser(testApp)
  const first = (await logIn(testApp.app)).json()
  const second = (await logIn(testApp.app)).json()
  t.equal(first.expires_in, 600)
  const [header, payload] = first.access_token.split('.').map((part: string) => Buffer.from(part, 'base64url'))
  t.same(JSON.parse(header ?? ''), { alg: 'HS256', typ: 'at+jwt' })
  const claims = JSON.parse(payload ?? '')
  t.match(claims, { sub: String(id), sid: Number, tv: 1, jti: /^[0-9a-f-]{36}$/, iss: String, aud: String })
  t.equal(claims.exp - claims.iat, 600)
  const other = testApp.app.jwt.decode<{ jti: string; sid: number }>(second.access_token)
  t.not(other?.jti, claims.jti)
  t.not(other?.sid, claims.sid)
})

onEveryEngine('unknown, inactive and mistaken people get the same answer', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, call } = testApp
  await makeUser(testApp)
  const inactive = await makeUser(testApp, { username: 'luis', email: 'luis@example.com' })
  await call('POST', `/users/${inactive.id}/deactivate`)
  const answers = [
    await logIn(app, 'nobody.at.all'),
    await logIn(app, 'nobody@example.org'),
    await logIn(app, 'luis'),
    await logIn(app, 'ana.garcia', 'wrong'),
    await logIn(app, 'ana.garcia', `${PASSWORD} `),
    await logIn(app, 'viewer', '!'),
  ]
  for (const answer of answers) {
    t.equal(answer.statusCode, 401)
    t.equal(answer.json().code, 'invalid_credentials')
    t.equal(answer.headers['www-authenticate'], 'Bearer')
    const { instance: _instance, ...document } = answer.json()
    const { instance: _first, ...expected } = answers[0]?.json() ?? {}
    t.same(document, expected)
  }
})

onEveryEngine('an unknown name takes as long as a wrong password', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  await makeUser(testApp)
  const time = async (username: string, address: string) => {
    const before = process.cpuUsage()
    await logIn(testApp.app, username, 'wrong-password-here', { address })
    // Of this process, in all its threads: what else the machine does is not counted.
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  await time('warm.up', '192.0.2.9')
  const known: number[] = []
  const unknown: number[] = []
  for (let index = 0; index < 5; index += 1) {
    known.push(await time('ana.garcia', '192.0.2.2'))
    unknown.push(await time('nobody', '192.0.2.3'))
  }
  // The fastest of each is the least disturbed; without the hashing it would be a tenth.
  t.ok(Math.min(...unknown) > Math.min(...known) * 0.25, `${Math.min(...unknown)} ms, ${Math.min(...known)} ms`)
})

onEveryEngine('a login is noted, and is no change of the account', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, call } = testApp
  const { id } = await makeUser(testApp)
  const before = await call('GET', `/users/${id}`)
  t.equal(before.json().last_login, null)
  const { user } = (await logIn(app)).json()
  t.ok(Date.now() - Date.parse(user.last_login) < 600_000)
  const known = { 'if-none-match': String(before.headers.etag) }
  const after = await call('GET', `/users/${id}`, { headers: known })
  t.equal(after.statusCode, 200, 'what is shown has changed')
  t.match(after.json(), { version: 1, last_login: user.last_login, updated_at: before.json().updated_at })
  const match = { 'if-match': String(before.headers.etag) }
  t.equal((await call('PATCH', `/users/${id}`, { body: { first_name: 'Ana' }, headers: match })).statusCode, 200)
})

onEveryEngine('passwords of before still work, and are hashed anew when that is due', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, store } = testApp
  const { id } = await makeUser(testApp)
  const hashOf = async () =>
    (
      await store.query((reader) =>
        reader.selectFrom('users').select('password_hash').where('id', '=', id).executeTakeFirstOrThrow(),
      )
    ).password_hash
  const give = (password_hash: string) =>
    store.write((trx) => trx.updateTable('users').set({ password_hash }).where('id', '=', id).execute())
  await give(await hashPassword('short'))
  t.equal((await logIn(app, 'ana.garcia', 'short')).statusCode, 200)
  const long = 'x'.repeat(1024)
  await give(await hashPassword(long))
  t.equal((await logIn(app, 'ana.garcia', long)).statusCode, 200)
  await give(weakHash('short'))
  t.equal((await logIn(app, 'ana.garcia', 'short')).statusCode, 200)
  t.match(await hashOf(), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  const before = await hashOf()
  t.equal((await logIn(app, 'ana.garcia', 'short')).statusCode, 200)
  t.equal(await hashOf(), before, 'once')
})

/** As `hashPassword`, with parameters nobody would use today. */
function weakHash(password: string): string {
  const nonce = Buffer.alloc(16, 1)
  const tag = argon2Sync('argon2id', {
    message: password,
    nonce,
    memory: 1024,
    passes: 1,
    parallelism: 1,
    tagLength: 32,
  })
  const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=1024,t=1,p=1$${base64(nonce)}$${base64(tag)}`
}

onEveryEngine('an idempotency key is ignored where answers hold secrets', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, store } = testApp
  await makeUser(testApp)
  const headers = { 'idempotency-key': 'k-1' }
  const first = (await logIn(app, undefined, undefined, { headers })).json()
  const second = (await logIn(app, undefined, undefined, { headers })).json()
  t.not(first.refresh_token, second.refresh_token)
  const body = { refresh_token: first.refresh_token }
  t.equal((await post(app, '/auth/refresh', body, { headers })).statusCode, 200)
  const out = await post(app, '/auth/logout', undefined, { headers, token: second.access_token })
  t.equal(out.statusCode, 204)
  t.same(await store.query((reader) => reader.selectFrom('idempotency_keys').selectAll().execute()), [])
})

onEveryEngine('a body that is no login is refused by field', async (t, engine) => {
  const { app } = await buildTestApp(t, engine)
  const cases: [object, string][] = [
    [{}, '#/username'],
    [{ username: 'a' }, '#/password'],
    [{ username: null, password: 'x' }, '#/username'],
    [{ username: 1, password: 'x' }, '#/username'],
    [{ username: 'a', password: ['x'] }, '#/password'],
    [{ username: 'a', password: 'x'.repeat(1025) }, '#/password'],
    [{ username: 'a', password: 'x', remember: true }, '#/remember'],
  ]
  for (const [body, pointer] of cases) {
    const answer = await post(app, '/auth/login', body)
    t.equal(answer.statusCode, 422)
    t.equal(answer.json().errors[0].pointer, pointer)
    t.notMatch(answer.body, 'xxxx', 'no password comes back')
  }
  t.match((await post(app, '/auth/login')).json(), { status: 400, code: 'invalid_json' }, 'none at all')
})

onEveryEngine('neither passwords nor tokens are logged', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const lines: string[] = []
  const app = await anotherInstance(t, testApp, pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }))
  await makeUser(testApp)
  const { access_token: token, refresh_token } = (await logIn(app)).json()
  await logIn(app, 'ana.garcia', 'wrong-password-here')
  await post(app, '/auth/login', { username: 'ana.garcia', password: ['listed-password'] })
  const change = { current_password: 'wrong-password-here', new_password: 'otra-frase-bien-larga' }
  await post(app, '/auth/me/password', change, { token })
  const refreshed = (await post(app, '/auth/refresh', { refresh_token })).json()
  await post(app, '/auth/refresh', { refresh_token })
  const log = lines.join('')
  t.ok(lines.length >= 6, `${lines.length} lines`)
  const secrets = [PASSWORD, 'wrong-password-here', 'listed-password', 'otra-frase-bien-larga', token, refresh_token]
  for (const secret of [...secrets, refreshed.access_token, refreshed.refresh_token]) t.notOk(log.includes(secret))
})
