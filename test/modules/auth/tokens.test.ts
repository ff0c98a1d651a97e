import { createHmac } from 'node:crypto'
import { logIn, makeUser, statusOf } from '../../support/accounts.ts'
import { buildTestApp, onEveryEngine, SECRETS, type TestApp } from '../../support/app.ts'

const base64 = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

interface Forgery {
  header?: object
  claims?: object
  secret?: string
  hash?: string
}

const HEADER = { alg: 'HS256', typ: 'at+jwt' }

/** Signs by hand, so that everything about a token can be wrong. */
function forge(right: object, { header = {}, claims = {}, secret = SECRETS.JWT_SECRET_KEY, hash = 'sha256' }: Forgery) {
  const text = `${base64({ ...HEADER, ...header })}.${base64({ ...right, ...claims })}`
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`
}

/** A login, and its claims to be forged from. */
async function claimsOf(testApp: TestApp) {
  await makeUser(testApp)
  const { access_token } = (await logIn(testApp.app)).json()
  const claims = testApp.app.jwt.decode<Record<string, unknown>>(access_token) ?? {}
  return { access_token: access_token as string, claims }
}

const soon = () => Math.floor(Date.now() / 1000) + 600
const past = () => Math.floor(Date.now() / 1000) - 5

onEveryEngine('a token that was made in any other way is no token', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { claims, access_token } = await claimsOf(testApp)
  const [header, payload, signature] = access_token.split('.') as [string, string, string]
  t.equal(await statusOf(testApp.app, forge(claims, {})), 200, 'a token forged with the right key works')
  const forgeries: Record<string, string> = {
    'alg none': `${base64({ ...HEADER, alg: 'none' })}.${payload}.`,
    'alg None': `${base64({ ...HEADER, alg: 'None' })}.${payload}.${signature}`,
    HS512: forge(claims, { header: { alg: 'HS512' }, hash: 'sha512' }),
    HS384: forge(claims, { header: { alg: 'HS384' }, hash: 'sha384' }),
    RS256: forge(claims, { header: { alg: 'RS256' } }),
    'no alg': forge(claims, { header: { alg: undefined } }),
    'another secret': forge(claims, { secret: SECRETS.SECRET_KEY }),
    'another typ': forge(claims, { header: { typ: 'JWT' } }),
    'no typ': forge(claims, { header: { typ: undefined } }),
    'an unknown crit': forge(claims, { header: { crit: ['b64'], b64: false } }),
    'another iss': forge(claims, { claims: { iss: 'somebody-else' } }),
    'no iss': forge(claims, { claims: { iss: undefined } }),
    'another aud': forge(claims, { claims: { aud: 'another-service' } }),
    'no aud': forge(claims, { claims: { aud: undefined } }),
    expired: forge(claims, { claims: { exp: past() } }),
    'no exp': forge(claims, { claims: { exp: undefined } }),
    'exp as text': forge(claims, { claims: { exp: String(soon()) } }),
    'not yet valid': forge(claims, { claims: { nbf: soon() } }),
    'a changed payload': `${header}.${base64({ ...claims, sub: '1' })}.${signature}`,
    'a cut signature': access_token.slice(0, -2),
    'no signature': `${header}.${payload}.`,
    'two parts': `${header}.${payload}`,
    'four parts': `${access_token}.${signature}`,
    'empty parts': '..',
    'no JSON inside': `${base64('{')}.${base64('x')}.${signature}`,
    'null inside': `${base64('null')}.${base64('null')}.${signature}`,
    garbage: 'garbage',
    'control characters': 'a\tb',
    'a refresh token': 'A'.repeat(43),
    'very long': `${header}.${'A'.repeat(200_000)}.${signature}`,
    'very long and bare': 'A'.repeat(200_000),
  }
  for (const [name, token] of Object.entries(forgeries)) t.equal(await statusOf(testApp.app, token), 401, name)
})

onEveryEngine('a token of somebody else, or of another time, is refused', async (t, engine) => {
  const testApp = await buildTestApp(t, engine)
  const { claims } = await claimsOf(testApp)
  const sidOf = (token: string) => testApp.app.jwt.decode<{ sid: number }>(token)?.sid
  const cases: Record<string, object> = {
    'a session of another user': { sid: sidOf(testApp.tokens.admin) },
    'another user': { sub: testApp.app.jwt.decode<{ sub: string }>(testApp.tokens.admin)?.sub },
    'an unknown session': { sid: 999_999 },
    'no session': { sid: undefined },
    'a session as text': { sid: String(claims.sid) },
    'a session and a half': { sid: Number(claims.sid) + 0.5 },
    'a session beyond all numbers': { sid: 1e300 },
    'a session below zero': { sid: -1 },
    'a list of sessions': { sid: [claims.sid] },
    'no user': { sub: undefined },
    'user as number': { sub: Number(claims.sub) },
    'an older token version': { tv: 0 },
    'a later token version': { tv: 2 },
    'token version as text': { tv: '1' },
    'no token version': { tv: undefined },
    'no iat': { iat: undefined },
  }
  for (const [name, changed] of Object.entries(cases)) {
    t.equal(await statusOf(testApp.app, forge(claims, { claims: changed })), 401, name)
  }
  const { id } = (await testApp.call('GET', '/users?q=ana.garcia')).json().data[0]
  await testApp.call('PATCH', `/users/${id}`, { body: { role: 'user' } })
  t.equal(await statusOf(testApp.app, forge(claims, {})), 401, 'the role has changed')
  t.equal(await statusOf(testApp.app, forge(claims, { claims: { tv: 2 } })), 401, 'the session has ended')
})

onEveryEngine('a refusal says how to log in', async (t, engine) => {
  const { app } = await buildTestApp(t, engine)
  const ask = (authorization?: string) =>
    app.inject({ url: '/api/v1/auth/me', headers: authorization === undefined ? {} : { authorization } })
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'bearer x y', 'Token x', ',']) {
    const answer = await ask(header)
    t.equal(answer.statusCode, 401, header ?? 'no header')
    t.match(answer.headers['www-authenticate'], /^Bearer/)
    t.match(answer.json(), { code: 'unauthenticated', status: 401 })
    t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  }
  t.equal((await ask('Bearer x')).headers['www-authenticate'], 'Bearer error="invalid_token"')
})
