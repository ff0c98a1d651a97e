import { pbkdf2Sync } from 'node:crypto'
import { logIn, makeUser, PASSWORD, post } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'

function hashed(password: string, iterations = 260_000): string {
  const salt = 'I1EB7xoi5Z5VU3WV'
  return `pbkdf2:sha256:${iterations}$${salt}$${pbkdf2Sync(password, salt, iterations, 32, 'sha256').toString('hex')}`
}

async function keep({ store }: TestApp, id: number, password_hash: string) {
  await store.write((trx) => trx.updateTable('users').set({ password_hash }).where('id', '=', id).execute())
}

async function hashOf({ store }: TestApp, id: number) {
  const find = store.query((reader) =>
    reader.selectFrom('users').select('password_hash').where('id', '=', id).executeTakeFirstOrThrow(),
  )
  return (await find).password_hash
}

onEveryEngine('a password of the Flask system logs in and is kept in the new way from then on', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { id } = await makeUser(testApp)
  await keep(testApp, id, hashed('Admin-clave-2024'))
  t.equal((await logIn(testApp.app, 'ana.garcia', 'Admin-clave-2025')).statusCode, 401)
  t.match(await hashOf(testApp, id), /^pbkdf2/, 'a wrong password changes nothing')
  const first = await logIn(testApp.app, 'ana.garcia', 'Admin-clave-2024')
  t.equal(first.statusCode, 200)
  t.notOk('password_change_advised' in first.json())
  t.match(await hashOf(testApp, id), /^\$argon2id\$/)
  t.equal((await logIn(testApp.app, 'ana.garcia', 'Admin-clave-2024')).statusCode, 200)
  t.equal((await logIn(testApp.app, 'ana.garcia', 'Admin-clave-2025')).statusCode, 401)
})

onEveryEngine('several first logins at once all succeed', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { id } = await makeUser(testApp)
  await keep(testApp, id, hashed(PASSWORD))
  const answers = await Promise.all([1, 2, 3].map(() => logIn(testApp.app)))
  t.same(
    answers.map((answer) => answer.statusCode),
    [200, 200, 200],
  )
  t.match(await hashOf(testApp, id), /^\$argon2id\$/)
})

onEveryEngine('a password below the rules of today logs in, and a change is advised', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, call } = testApp
  const { id } = await makeUser(testApp)
  for (const password of ['admin123', 'ñ'.repeat(11), 'Administrador123', 'ana.garcia']) {
    await keep(testApp, id, hashed(password))
    const answer = await call('POST', '/auth/login', { as: 'nobody', body: { username: 'ana.garcia', password } })
    t.equal(answer.statusCode, 200, password)
    t.equal(answer.json().password_change_advised, true, password)
  }
  await keep(testApp, id, hashed('admin123'))
  const { access_token: token, refresh_token } = (await logIn(app, 'ana.garcia', 'admin123')).json()
  const refreshed = await call('POST', '/auth/refresh', { as: 'nobody', body: { refresh_token } })
  t.notOk('password_change_advised' in refreshed.json(), 'the password is not at hand there')
  t.ok(token)
  const change = { current_password: 'admin123', new_password: 'otra-frase-bien-larga' }
  const changed = await post(app, '/auth/me/password', change, { token: refreshed.json().access_token })
  t.equal(changed.statusCode, 204)
  const after = await logIn(app, 'ana.garcia', 'otra-frase-bien-larga')
  t.equal(after.statusCode, 200)
  t.notOk('password_change_advised' in after.json())
})

onEveryEngine('a password of the Flask system can be changed without a login in between', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { id } = await makeUser(testApp)
  const { access_token: token } = (await logIn(testApp.app)).json()
  await keep(testApp, id, hashed('admin123'))
  const change = (current_password: string) =>
    post(testApp.app, '/auth/me/password', { current_password, new_password: 'otra-frase-bien-larga' }, { token })
  t.equal((await change('admin124')).statusCode, 422)
  t.equal((await change('admin123')).statusCode, 204)
})

onEveryEngine('while passwords of the Flask system are kept, every refusal takes as long', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, call } = testApp
  const people = ['de.antes', 'de.ahora', 'de.baja']
  for (const username of people) {
    const { id } = await makeUser(testApp, { username, email: `${username}@example.com` })
    if (username !== 'de.ahora') await keep(testApp, id, hashed(PASSWORD, 1_000_000))
    if (username === 'de.baja') await call('POST', `/users/${id}/deactivate`)
  }
  // The work of this process: a busy machine changes how long it takes, not how much it is.
  const leastWork = async (username: string, password: string, address: string) => {
    const times: number[] = []
    for (let index = 0; index < 3; index += 1) {
      const start = process.cpuUsage()
      t.equal((await logIn(app, username, password, { address })).statusCode, 401)
      const { user, system } = process.cpuUsage(start)
      times.push((user + system) / 1000)
    }
    return Math.min(...times)
  }
  await leastWork('warm.up', 'x', '192.0.2.20')
  const times = [
    await leastWork('nobody', 'x', '192.0.2.21'),
    await leastWork('de.antes', 'x', '192.0.2.22'),
    await leastWork('de.ahora', 'x', '192.0.2.23'),
    await leastWork('de.baja', PASSWORD, '192.0.2.24'),
  ]
  t.ok(Math.min(...times) > Math.max(...times) * 0.5, times.map(Math.round).join(', '))
})

onEveryEngine('a hash that nobody understands, or that asks for too much, is a wrong password', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { id } = await makeUser(testApp)
  for (const hash of ['!', 'admin123', `pbkdf2:sha256:999999999$salt$${'00'.repeat(32)}`]) {
    await keep(testApp, id, hash)
    const address = `192.0.2.${10 + hash.length}`
    t.equal((await logIn(testApp.app, 'ana.garcia', 'admin123', { address })).statusCode, 401, hash)
  }
})
