import type { App } from '../../../src/app.ts'
import { anotherInstance, logIn, makeUser, post } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'

const NO_LIMIT = { RATE_LIMIT_MAX: '0' }
const wrong = (app: App, username = 'ana.garcia', address = '192.0.2.1') => logIn(app, username, 'wrong', { address })

const countersOf = ({ store }: TestApp) =>
  store.query((reader) => reader.selectFrom('login_throttle').selectAll().orderBy('failures').execute())

onEveryEngine('after five failures one waits, with the right password too', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, store } = testApp
  await makeUser(testApp)
  for (let index = 0; index < 5; index += 1) t.equal((await wrong(app)).statusCode, 401)
  for (const answer of [await wrong(app), await logIn(app), await logIn(app, ' ANA.garcia')]) {
    t.equal(answer.statusCode, 429)
    t.equal(answer.json().code, 'too_many_attempts')
    const seconds = Number(answer.headers['retry-after'])
    t.ok(seconds > 600 && seconds <= 900, `${seconds} s`)
  }
  t.equal((await logIn(app, 'ana.garcia', undefined, { address: '192.0.2.2' })).statusCode, 200, 'nobody else waits')
  const over = new Date(Date.now() - 1).toISOString()
  await store.write((trx) => trx.updateTable('login_throttle').set({ window_ends_at: over }).execute())
  t.equal((await wrong(app)).statusCode, 401, 'a new window')
  t.equal((await logIn(app)).statusCode, 200)
})

onEveryEngine('names that do not exist wait in the same way', async (t, engine) => {
  const { app } = await buildTestApp(t, engine)
  const statuses: number[] = []
  for (let index = 0; index < 6; index += 1) statuses.push((await wrong(app, 'nobody.here')).statusCode)
  t.same(statuses, [401, 401, 401, 401, 401, 429])
})

onEveryEngine('a right password clears the failures of its pair, and is none itself', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  await makeUser(testApp)
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 4; index += 1) t.equal((await wrong(app)).statusCode, 401)
    t.equal((await logIn(app)).statusCode, 200)
  }
  const counters = await countersOf(testApp)
  t.same(
    counters.map((counter) => counter.failures),
    [12, 12],
    'the wider nets keep their count',
  )
  for (const { key } of counters) t.match(key, /^[\w-]{43}$/, 'no name is kept')
})

onEveryEngine('of twenty guesses at once five are looked at, whichever process they reach', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  await makeUser(testApp)
  const apps = [testApp.app, await anotherInstance(t, testApp)]
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => wrong(apps[index % 2] as App)))
  const statuses = answers.map((answer) => answer.statusCode).sort()
  t.same(statuses, [...Array(5).fill(401), ...Array(15).fill(429)])
  t.same(
    (await countersOf(testApp)).map((counter) => counter.failures),
    [5, 5, 5],
  )
})

onEveryEngine('ten right logins at once all succeed', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  await makeUser(testApp)
  const answers = await Promise.all(Array.from({ length: 10 }, () => logIn(testApp.app)))
  t.same(
    answers.map((answer) => answer.statusCode),
    Array(10).fill(200),
  )
})

onEveryEngine('thirty failures of one address, or of one name, are enough', async (t, engine) => {
  const testApp = await buildTestApp(t, engine, NO_LIMIT)
  const { app } = testApp
  await makeUser(testApp)
  const names = Array.from({ length: 30 }, (_, index) => wrong(app, `name-${index}`, '192.0.2.7'))
  t.same(new Set((await Promise.all(names)).map((answer) => answer.statusCode)), new Set([401]))
  t.equal((await wrong(app, 'another', '192.0.2.7')).statusCode, 429, 'an address that tries many names')
  const addresses = Array.from({ length: 30 }, (_, index) => wrong(app, 'ana.garcia', `198.51.100.${index}`))
  t.same(new Set((await Promise.all(addresses)).map((answer) => answer.statusCode)), new Set([401]))
  const refused = await logIn(app, 'ana.garcia', undefined, { address: '203.0.113.1' })
  t.equal(refused.statusCode, 429, 'a name that is tried from many addresses')
})

onEveryEngine('the addresses of one IPv6 network are one', async (t, engine) => {
  const { app } = await buildTestApp(t, engine)
  const statuses: number[] = []
  for (let index = 1; index <= 6; index += 1) {
    statuses.push((await wrong(app, 'ana.garcia', `2001:db8:1:2::${index}`)).statusCode)
  }
  t.same(statuses, [401, 401, 401, 401, 401, 429])
  t.equal((await wrong(app, 'ana.garcia', '2001:db8:1:3::1')).statusCode, 401, 'another network')
})

onEveryEngine('guesses at the current password count as well', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app } = testApp
  await makeUser(testApp)
  const { access_token: token } = (await logIn(app)).json()
  const change = () =>
    post(app, '/auth/me/password', { current_password: 'wrong', new_password: 'otra-frase-bien-larga' }, { token })
  for (let index = 0; index < 5; index += 1) t.match((await change()).json(), { code: 'validation_failed' })
  t.match((await change()).json(), { code: 'too_many_attempts' })
  t.equal((await logIn(app)).statusCode, 429)
})
