import { logIn, makeUser, PASSWORD, post, statusOf } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine } from '../../support/app.ts'

const ANA = { username: 'ana.garcia', email: 'ana@example.com', password: PASSWORD }

onEveryEngine('a user is made, read and changed', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const made = await call('POST', '/users', { body: { ...ANA, username: ' Ana.García ', first_name: 'Ana' } })
  t.equal(made.statusCode, 201)
  t.match(made.json(), {
    username: 'Ana.García',
    email: 'ana@example.com',
    first_name: 'Ana',
    last_name: '',
    role: 'viewer',
    is_active: true,
    last_login: null,
    version: 1,
  })
  const path = `/users/${made.json().id}`
  t.equal(made.headers.location, `/api/v1${path}`)
  t.notMatch(made.body, /hash|argon2|token_version|search_text|_key|caballo/)
  const read = await call('GET', path)
  t.equal(read.body, made.body)
  t.equal(read.headers.etag, made.headers.etag)
  const tag = String(read.headers.etag)
  t.equal((await call('GET', path, { headers: { 'if-none-match': `W/${tag}` } })).statusCode, 304)
  const body = { username: 'ANA.garcía', last_name: 'Peña', role: 'manager' }
  const changed = await call('PATCH', path, { body, headers: { 'if-match': tag } })
  t.match(changed.json(), { ...body, first_name: 'Ana', version: 2 })
  t.equal((await call('PATCH', path, { body: { last_name: 'x' }, headers: { 'if-match': tag } })).statusCode, 412)
  t.equal((await call('PATCH', path, { body })).body, changed.body, 'the same again changes nothing')
})

onEveryEngine('a user that does not exist is not found', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  t.equal((await call('GET', '/users/999')).statusCode, 404)
  t.equal((await call('PATCH', '/users/999', { body: { role: 'admin' } })).statusCode, 404)
  t.equal((await call('PATCH', '/users/999', { body: { first_name: 'x' } })).statusCode, 404)
  for (const action of ['activate', 'deactivate']) t.equal((await call('POST', `/users/999/${action}`)).statusCode, 404)
  t.equal((await call('POST', '/users/999/password', { body: { new_password: PASSWORD } })).statusCode, 404)
  for (const id of ['0', '-1', 'x', '1.5', '9007199254740993']) {
    t.equal((await call('GET', `/users/${id}`)).statusCode, 400, id)
  }
})

onEveryEngine('user names and e-mail addresses are unique in every spelling', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const first = await call('POST', '/users', { body: { ...ANA, username: 'Ana.Peña', email: 'Ana@Example.com' } })
  const other = await call('POST', '/users', { body: { ...ANA, username: 'otra', email: 'otra@example.com' } })
  const cases: [object, string][] = [
    [{ username: 'uno', email: 'ana@example.com' }, '#/email'],
    [{ username: 'uno', email: 'ANA@EXAMPLE.COM ' }, '#/email'],
    [{ username: 'ana.peña', email: 'uno@example.com' }, '#/username'],
    [{ username: 'ANA.PEN\u0303A', email: 'uno@example.com' }, '#/username'],
    [{ username: 'Ａna.peña', email: 'uno@example.com' }, '#/username'],
  ]
  for (const [names, pointer] of cases) {
    for (const [method, path, body] of [
      ['POST', '/users', { ...ANA, ...names }],
      ['PATCH', `/users/${other.json().id}`, names],
    ] as const) {
      const answer = await call(method, path, { body })
      t.equal(answer.statusCode, 409, `${method} ${JSON.stringify(names)}`)
      t.match(answer.json(), {
        code: 'conflict',
        existing_id: first.json().id,
        errors: [{ pointer, detail: 'is taken' }],
      })
    }
  }
  t.equal((await call('GET', `/users/${other.json().id}`)).body, other.body)
})

onEveryEngine('of parallel users with one e-mail address one is made', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const spellings = ['Ann@Example.com', 'ann@example.com', 'ANN@EXAMPLE.COM', ' ann@Example.com ']
  const make = (email: string, index: number) =>
    call('POST', '/users', { body: { username: `ann-${index}`, email, password: PASSWORD } })
  const answers = await Promise.all([...spellings, ...spellings].map(make))
  t.same(answers.map((answer) => answer.statusCode).sort(), [201, ...Array(7).fill(409)])
  const { id } = answers.find((answer) => answer.statusCode === 201)?.json() ?? {}
  for (const answer of answers) if (answer.statusCode === 409) t.equal(answer.json().existing_id, id)
  t.equal((await call('GET', '/users?q=ann&include_total=true')).json().total, 1)
})

onEveryEngine('of parallel changes to one e-mail address one takes effect', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const roles = ['viewer', 'user', 'supervisor', 'manager', 'admin'] as const
  const answers = await Promise.all(
    roles.map((as) => call('PATCH', '/auth/me', { as, body: { email: 'una@example.com' } })),
  )
  t.same(answers.map((answer) => answer.statusCode).sort(), [200, 409, 409, 409, 409])
  for (const answer of answers) if (answer.statusCode === 409) t.match(answer.json().errors, [{ pointer: '#/email' }])
})

onEveryEngine('what is no user is refused by field', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const cases: [object, string][] = [
    [{ username: undefined }, '#/username'],
    [{ username: 'ab' }, '#/username'],
    [{ username: 'a'.repeat(51) }, '#/username'],
    [{ username: 'ana garcia' }, '#/username'],
    [{ username: 'ana@example.com' }, '#/username'],
    [{ username: 'ana/garcia' }, '#/username'],
    [{ username: 'ana\u200bgarcia' }, '#/username'],
    [{ username: 'ana😀garcia' }, '#/username'],
    [{ username: 'ana\u0000' }, '#/username'],
    [{ email: 'ana' }, '#/email'],
    [{ email: 'ana@' }, '#/email'],
    [{ email: 'ana @example.com' }, '#/email'],
    [{ email: `${'a'.repeat(250)}@example.com` }, '#/email'],
    [{ email: null }, '#/email'],
    [{ password: 'short' }, '#/password'],
    [{ password: 'Administrator1' }, '#/password'],
    [{ password: '1234567890123' }, '#/password'],
    [{ password: 'ANA@example.COM' }, '#/password'],
    [{ password: 'x'.repeat(129) }, '#/password'],
    [{ role: 'root' }, '#/role'],
    [{ role: null }, '#/role'],
    [{ first_name: 'x'.repeat(101) }, '#/first_name'],
    [{ is_active: true }, '#/is_active'],
    [{ token_version: 1 }, '#/token_version'],
    [{ id: 1 }, '#/id'],
  ]
  for (const [fields, pointer] of cases) {
    const answer = await call('POST', '/users', { body: { ...ANA, ...fields } })
    t.equal(answer.statusCode, 422, JSON.stringify(fields).slice(0, 60))
    t.ok(
      answer.json().errors.some((error: { pointer: string }) => error.pointer === pointer),
      answer.body,
    )
  }
  t.equal(
    (await call('POST', '/users', { body: { ...ANA, username: '李小龙', email: 'li@example.com' } })).statusCode,
    201,
  )
  t.equal((await call('GET', '/users?role=root')).statusCode, 400)
  t.equal((await call('GET', '/users?sort=password_hash')).statusCode, 400)
})

onEveryEngine('a list is filtered, searched and walked', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { call } = testApp
  await makeUser(testApp, { username: 'ana_1', email: 'a1@example.com', first_name: 'Ána', last_name: 'Peña' })
  const luis = await makeUser(testApp, {
    username: 'luis-x',
    email: 'luis@tienda.example',
    last_name: '100% Núñez',
    role: 'manager',
  })
  await call('POST', `/users/${luis.id}/deactivate`)
  const found = async (query: string) =>
    (await call('GET', `/users?${query}`)).json().data.map((user: { username: string }) => user.username)
  t.same(await found('q=pena'), ['ana_1'])
  t.same(await found('q=ANA%20PE%C3%91A'), ['ana_1'], 'every word')
  t.same(await found('q=tienda'), ['luis-x'])
  t.same(await found('q=%25'), ['luis-x'], 'a percent sign is one')
  t.same(await found('q=_'), ['ana_1'])
  t.same(await found('q=%5C'), [])
  t.same(await found("q='"), [])
  t.same(await found('role=manager'), ['luis-x', 'manager'])
  t.same(await found('is_active=false'), ['luis-x'])
  t.same(await found('role=manager&is_active=true'), ['manager'])
  for (const sort of ['username', 'email', 'created_at', 'updated_at', 'id']) {
    for (const order of ['asc', 'desc']) {
      const seen: string[] = []
      let path: string | undefined = `/users?sort=${sort}&order=${order}&limit=2&include_total=true`
      while (path) {
        const page = await call('GET', path)
        t.equal(page.json().total, 7)
        seen.push(...page.json().data.map((user: { username: string }) => user.username))
        const link = /<(\?.*)>; rel="next"/.exec(String(page.headers.link ?? ''))?.[1]
        path = link ? `/users${link}` : undefined
      }
      t.equal(new Set(seen).size, 7, `${sort} ${order}`)
      t.equal(seen.length, 7)
    }
  }
})

onEveryEngine('users are counted by status and role', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { call } = testApp
  const { id } = await makeUser(testApp, { role: 'manager' })
  await call('POST', `/users/${id}/deactivate`)
  const by_role = { viewer: 1, user: 1, supervisor: 1, manager: 2, admin: 1 }
  t.same((await call('GET', '/users/stats')).json(), { total: 6, active: 5, inactive: 1, by_role })
})

onEveryEngine('a repeated creation makes one user and keeps no password', async (t, engine) => {
  const { call, store } = await buildTestApp(t, engine)
  const send = (body: object) => call('POST', '/users', { body, headers: { 'idempotency-key': 'k-1' } })
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(ANA)))
  t.same(new Set(answers.map((answer) => answer.body)).size, 1)
  t.equal(answers[0]?.statusCode, 201)
  t.equal((await send({ ...ANA, password: 'otra-frase-bien-larga' })).json().code, 'idempotency_key_reused')
  const kept = await store.query((reader) => reader.selectFrom('idempotency_keys').selectAll().execute())
  t.notMatch(JSON.stringify(kept), PASSWORD)
})

onEveryEngine('a reset password replaces the old one and ends the sessions', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { app, call } = testApp
  const { id } = await makeUser(testApp)
  const { access_token, refresh_token } = (await logIn(app)).json()
  for (const new_password of ['short', 'contraseña1234', 'ana@example.com']) {
    const refused = await call('POST', `/users/${id}/password`, { body: { new_password } })
    t.match(refused.json(), { status: 422, errors: [{ pointer: '#/new_password' }] })
  }
  t.equal(await statusOf(app, access_token), 200)
  const headers = { 'idempotency-key': 'k-2' }
  const body = { new_password: 'otra-frase-bien-larga' }
  for (const replayed of [undefined, 'true']) {
    const answer = await call('POST', `/users/${id}/password`, { body, headers })
    t.equal(answer.statusCode, 204)
    t.equal(answer.headers['idempotency-replayed'], replayed)
  }
  t.equal(await statusOf(app, access_token), 401)
  t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401)
  t.equal((await logIn(app)).statusCode, 401)
  t.equal((await logIn(app, 'ana.garcia', 'otra-frase-bien-larga')).statusCode, 200)
})
