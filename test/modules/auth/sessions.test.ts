import { createHash } from 'node:crypto'
import { purgeSessions } from '../../../src/modules/auth/service.ts'
import { anotherInstance, logIn, makeUser, post, statusOf } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { workOn } from '../../support/jobs.ts'

const refresh = ({ app }: Pick<TestApp, 'app'>, refresh_token: string) => post(app, '/auth/refresh', { refresh_token })
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

/** Puts the use of every refresh token so far into the past. */
const age = ({ store }: TestApp, seconds: number) =>
  store.write((trx) =>
    trx
      .updateTable('refresh_tokens')
      .set({ used_at: secondsAgo(seconds) })
      .where('used_at', 'is not', null)
      .execute(),
  )

onEveryEngine('a refresh token is exchanged for new tokens of the same session', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, store } = testApp
  await makeUser(testApp)
  const first = (await logIn(app)).json()
  const answer = await refresh(testApp, first.refresh_token)
  t.equal(answer.statusCode, 200)
  const second = answer.json()
  t.same(Object.keys(second), Object.keys(first))
  t.same(second.user, first.user)
  t.not(second.refresh_token, first.refresh_token)
  t.not(second.access_token, first.access_token)
  for (const tokens of [first, second]) t.equal(await statusOf(app, tokens.access_token), 200)
  t.equal(
    app.jwt.decode<{ sid: number }>(second.access_token)?.sid,
    app.jwt.decode<{ sid: number }>(first.access_token)?.sid,
  )
  t.equal((await refresh(testApp, second.refresh_token)).statusCode, 200)
  const kept = await store.query((reader) => reader.selectFrom('refresh_tokens').selectAll().execute())
  const hash = createHash('sha256').update(first.refresh_token).digest('base64url')
  t.ok(kept.some((token) => token.token_hash === hash))
  t.notMatch(JSON.stringify(kept), first.refresh_token, 'only hashes are kept')
})

onEveryEngine('of ten refreshes at once one gets the tokens, and the session lives', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  await makeUser(testApp)
  const { refresh_token } = (await logIn(app)).json()
  const instances = [testApp, { app: await anotherInstance(t, testApp) }]
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => refresh(instances[index % 2] as TestApp, refresh_token)),
  )
  const statuses = answers.map((answer) => answer.statusCode).sort()
  t.same(statuses, [200, ...Array(9).fill(409)])
  t.equal(answers.find((answer) => answer.statusCode === 409)?.json().code, 'refresh_in_progress')
  const tokens = answers.find((answer) => answer.statusCode === 200)?.json()
  t.equal(await statusOf(app, tokens.access_token), 200)
  t.equal((await refresh(testApp, tokens.refresh_token)).statusCode, 200)
})

onEveryEngine('a used refresh token that comes again ends its session and no other', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  await makeUser(testApp)
  const first = (await logIn(app)).json()
  const other = (await logIn(app)).json()
  const second = (await refresh(testApp, first.refresh_token)).json()
  await age(testApp, 9)
  t.equal((await refresh(testApp, first.refresh_token)).statusCode, 409, 'a moment ago')
  t.equal(await statusOf(app, second.access_token), 200)
  await age(testApp, 11)
  const stolen = await refresh(testApp, first.refresh_token)
  t.equal(stolen.statusCode, 401)
  t.equal(stolen.json().code, 'invalid_refresh_token')
  t.equal(await statusOf(app, second.access_token), 401)
  t.equal((await refresh(testApp, second.refresh_token)).statusCode, 401)
  t.equal(await statusOf(app, other.access_token), 200)
  t.equal((await refresh(testApp, other.refresh_token)).statusCode, 200)
})

onEveryEngine('what is no refresh token, or no longer, is refused', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, store, call } = testApp
  const { id } = await makeUser(testApp)
  const { access_token, refresh_token } = (await logIn(app)).json()
  for (const token of ['x', 'A'.repeat(43), access_token.slice(0, 200), `${refresh_token} `, 'ñ'.repeat(200)]) {
    t.equal((await refresh(testApp, token)).statusCode, 401, token.slice(0, 10))
  }
  for (const body of [
    {},
    { refresh_token: '' },
    { refresh_token: null },
    { refresh_token, x: 1 },
    { refresh_token: 'x'.repeat(201) },
  ]) {
    t.equal((await post(app, '/auth/refresh', body)).statusCode, 422)
  }
  await store.write((trx) =>
    trx
      .updateTable('refresh_tokens')
      .set({ expires_at: secondsAgo(1) })
      .execute(),
  )
  t.equal((await refresh(testApp, refresh_token)).statusCode, 401, 'expired')
  const later = (await logIn(app)).json()
  await call('POST', `/users/${id}/deactivate`)
  await call('POST', `/users/${id}/activate`)
  t.equal((await refresh(testApp, later.refresh_token)).statusCode, 401, 'of a session that ended')
})

onEveryEngine('a session lives as long as its refresh token, and longer with each', async (t, engine) => {
  const testApp = await buildTestApp(t, engine, { JWT_REFRESH_TOKEN_EXPIRES: '7200' })
  const { app, store } = testApp
  await makeUser(testApp)
  const tokens = (await logIn(app)).json()
  const { sid } = app.jwt.decode<{ sid: number }>(tokens.access_token) ?? { sid: 0 }
  const session = () =>
    store.query((reader) => reader.selectFrom('sessions').selectAll().where('id', '=', sid).executeTakeFirstOrThrow())
  const life = async () => (Date.parse((await session()).expires_at) - Date.now()) / 1000
  t.ok(Math.abs((await life()) - 7200) < 300)
  const soon = new Date(Date.now() + 600_000).toISOString()
  await store.write((trx) => trx.updateTable('sessions').set({ expires_at: soon }).where('id', '=', sid).execute())
  t.equal((await refresh(testApp, tokens.refresh_token)).statusCode, 200)
  t.ok(Math.abs((await life()) - 7200) < 300)
  await store.write((trx) =>
    trx
      .updateTable('sessions')
      .set({ expires_at: secondsAgo(1) })
      .where('id', '=', sid)
      .execute(),
  )
  t.equal(await statusOf(app, tokens.access_token), 401, 'a session that is over')
})

onEveryEngine('logging out ends the session at once, for every process', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  const other = await anotherInstance(t, testApp)
  await makeUser(testApp)
  const { access_token: token, refresh_token } = (await logIn(app)).json()
  const second = (await logIn(other)).json()
  t.equal(await statusOf(other, token), 200)
  const out = await post(app, '/auth/logout', undefined, { token })
  t.equal(out.statusCode, 204)
  t.equal(out.body, '')
  for (const instance of [other, app]) t.equal(await statusOf(instance, token), 401)
  t.equal((await refresh(testApp, refresh_token)).statusCode, 401)
  t.equal((await post(app, '/auth/logout', undefined, { token })).statusCode, 401, 'twice')
  t.equal(await statusOf(app, second.access_token), 200, 'another session goes on')
  t.equal((await post(app, '/auth/logout')).statusCode, 401, 'without a token')
})

onEveryEngine('what has expired is removed, and nothing else', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, store } = testApp
  await makeUser(testApp)
  const dead = (await logIn(app)).json()
  const { sid } = app.jwt.decode<{ sid: number }>(dead.access_token) ?? { sid: 0 }
  await store.write((trx) =>
    trx
      .updateTable('sessions')
      .set({ expires_at: secondsAgo(1) })
      .where('id', '=', sid)
      .execute(),
  )
  const live = (await logIn(app)).json()
  await logIn(app, 'nobody', 'x', { address: '192.0.2.5' })
  await purgeSessions.run(workOn(store))
  const sessions = await store.query((reader) => reader.selectFrom('sessions').select('id').execute())
  t.notOk(sessions.some((session) => session.id === sid))
  t.equal(await statusOf(app, live.access_token), 200)
  t.equal((await refresh(testApp, live.refresh_token)).statusCode, 200)
  const counters = await store.query((reader) => reader.selectFrom('login_throttle').select('key').execute())
  t.ok(counters.length >= 3, 'windows that are open stay')
})
