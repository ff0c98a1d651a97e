import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'tap'
import { weaknessOfPassword, weaknessOfSecret } from '../../src/config/secrets.ts'
import { loadConfig } from '../../src/config.ts'
import { goodSecret, load, problemsOf } from '../support/config.ts'

const run = promisify(execFile)

test('random text of every platform is a good secret', async (t) => {
  const makers: Record<string, () => string> = {
    'the command of the message': () => randomBytes(48).toString('base64url'),
    'Render, 256 bits in base64': () => randomBytes(32).toString('base64'),
    'Heroku, 64 hexadecimal digits': () => randomBytes(32).toString('hex'),
    'openssl rand -hex 16': () => randomBytes(16).toString('hex'),
    'Railway, 32 letters and digits': () => randomBytes(64).toString('base64').replace(/[+/=]/g, '').slice(0, 32),
  }
  for (const [name, make] of Object.entries(makers)) {
    for (let round = 0; round < 2000; round++) {
      const secret = make()
      const weakness = weaknessOfSecret(secret)
      if (weakness !== undefined) t.fail(`${name}: ${secret} ${weakness}`)
    }
    t.pass(name)
  }
  t.equal(weaknessOfSecret('correct horse battery staple, and a donkey too'), undefined)
  t.equal(weaknessOfSecret('ñ€'.repeat(3) + randomBytes(12).toString('hex')), undefined, 'bytes count, not characters')
})

test('short, placeholder and regular secrets are none', async (t) => {
  const dollar = '$'
  const placeholders = [
    'change-me',
    'changeme',
    'CHANGE_ME_IN_PRODUCTION_PLEASE_0123456789',
    '<REQUIRED>',
    '<put a long random text here, 32 bytes or more>',
    'tu-clave-secreta-muy-segura-aqui-1234567890',
    'tu_clave_secreta_jwt_aqui',
    'cambia-esta-clave-en-produccion-por-favor',
    'your-secret-key-here',
    'your_jwt_secret_key_goes_here_0123456789',
    'secret(32)',
    `${dollar}{{secret(64)}}`,
    `${dollar}{{ secret(64, "abcdef0123456789") }}`,
    `${dollar}{JWT_SECRET_KEY}`,
    'generate-with-openssl-rand-hex-32-please',
    'super-secret-key-that-nobody-will-ever-guess',
    'dev-secret-0123456789-0123456789-0123456789',
    'replace-me-with-a-random-string-of-32-bytes',
    'jwt-secret-string',
    'my-secret-key-my-secret-key-my-secret-key',
  ]
  for (const secret of placeholders) t.match(weaknessOfSecret(secret), /^is a placeholder/, secret)
  const regular = [
    'x'.repeat(64),
    'abc'.repeat(20),
    'abcdefghij'.repeat(4),
    'abcdefghijklmnop'.repeat(3).slice(0, 40),
    '0123456789abcdef0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyz012345',
    '01'.repeat(40),
  ]
  for (const secret of regular) t.match(weaknessOfSecret(secret), /^is too regular/, secret)
  t.match(
    weaknessOfSecret(randomBytes(15).toString('hex')),
    /^must have at least 32 bytes, it has 30\. Make one: node -e/,
  )
})

test('the command in the message makes a good secret', async (t) => {
  const [, script = ''] = /node -e "([^"]+)"/.exec(weaknessOfSecret('short') ?? '') ?? []
  const { stdout } = await run(process.execPath, ['-e', script])
  t.equal(weaknessOfSecret(stdout.trim()), undefined)
})

test('production needs two different, strong secrets', async (t) => {
  const NODE_ENV = 'production'
  const same = goodSecret()
  t.strictSame(problemsOf({ NODE_ENV }), [])
  t.match(problemsOf({ NODE_ENV, JWT_SECRET_KEY: undefined }), [
    /^JWT_SECRET_KEY: is required in production\. Make one: node -e/,
  ])
  t.match(problemsOf({ NODE_ENV, SECRET_KEY: ' ' }), [/^SECRET_KEY: is required in production/])
  t.match(problemsOf({ NODE_ENV, SECRET_KEY: 'change-me' }), [/^SECRET_KEY: is a placeholder/])
  t.match(problemsOf({ NODE_ENV, SECRET_KEY: same, JWT_SECRET_KEY: ` ${same}\n` }), [
    /^SECRET_KEY: must differ from JWT_SECRET_KEY/,
  ])
  t.match(load({ SECRET_KEY: 'change-me' }), {
    secretKey: 'change-me',
    notices: ['SECRET_KEY is too weak for production.'],
  })
})

test('the administrator’s password', async (t) => {
  for (const password of [
    'admin',
    'password',
    'change-me',
    'admin123',
    'Administrator1!',
    'password-123456',
    '<REQUIRED>',
  ]) {
    t.match(
      problemsOf({ NODE_ENV: 'production', ADMIN_PASSWORD: password }),
      [/^ADMIN_PASSWORD: is a placeholder/],
      password,
    )
    t.ok(weaknessOfPassword(password, true))
  }
  for (const password of ['123456789012', 'aaaaaaaaaaaa', 'abababababab', 'admin-admin-admin']) {
    t.match(weaknessOfPassword(password, true), /easily guessed/, password)
    t.equal(weaknessOfPassword(password, false), undefined, `${password}, in development`)
  }
  for (const password of ['Admin-clave-2024', 'correct horse battery', 'ñandú-piragua-7']) {
    t.equal(weaknessOfPassword(password, true), undefined, password)
  }
  t.match(weaknessOfPassword('🐟🐟🐟🐟🐟🐟', false), /it has 6$/, 'characters, not UTF-16 units')
})

test('no message and no notice shows a secret', async (t) => {
  const marker = 'QZXmarkerQZX'
  const shapes = [
    marker,
    `change-me-${marker}`,
    marker.repeat(4),
    ` ${marker}`,
    `postgres://u:${marker}#@h/d`,
    `"${marker}"`,
  ]
  const urls = [
    `mysql://u:${marker}@h/d`,
    `postgres://u:${marker}@h:x/d`,
    `postgres://u:p${marker}@h/d?nope=${marker}`,
    `sqlite:${marker}?x`,
  ]
  for (const name of [
    'JWT_SECRET_KEY',
    'SECRET_KEY',
    'ADMIN_PASSWORD',
    'DATABASE_URL',
    'SQLALCHEMY_DATABASE_URI',
    'DATABASE_CA_CERT',
  ]) {
    for (const value of [...shapes, ...urls, marker.repeat(8000)]) {
      for (const NODE_ENV of ['production', 'development', 'wrong']) {
        const said = saidAbout({ NODE_ENV, DATABASE_URL: 'postgres://u:p@h/d?sslmode=require', [name]: value })
        if (/marker/i.test(said)) t.fail(`${name}=${value.slice(0, 60)}: ${said}`)
      }
    }
    t.pass(name)
  }
})

function saidAbout(env: Record<string, string>): string {
  try {
    return load(env).notices.join('\n')
  } catch (error) {
    return `${(error as Error).stack}\n${JSON.stringify(error)}`
  }
}

test('development makes what is missing, privately, and keeps it', async (t) => {
  const cwd = t.testdir()
  const first = loadConfig({}, { cwd })
  const file = join(cwd, 'instance', 'secrets.json')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(statSync(join(cwd, 'instance')).mode & 0o777, 0o700)
  t.equal(weaknessOfSecret(first.jwtSecretKey), undefined)
  t.not(first.jwtSecretKey, first.secretKey)

  chmodSync(file, 0o644)
  t.match(loadConfig({ NODE_ENV: 'test' }, { cwd }), { jwtSecretKey: first.jwtSecretKey, secretKey: first.secretKey })
  t.equal(statSync(file).mode & 0o777, 0o600, 'made private again')

  const secret = goodSecret()
  t.match(loadConfig({ SECRET_KEY: secret }, { cwd }), { jwtSecretKey: first.jwtSecretKey, secretKey: secret })
  t.strictSame(readdirSync(join(cwd, 'instance')), ['secrets.json'], 'nothing else is left')
})

test('nothing is made when it is not needed or something else is wrong', async (t) => {
  const cwd = t.testdir()
  t.throws(() => loadConfig({ PORT: 'x' }, { cwd }))
  t.throws(() => loadConfig({ NODE_ENV: 'production' }, { cwd }))
  loadConfig({ JWT_SECRET_KEY: goodSecret(), SECRET_KEY: goodSecret() }, { cwd })
  t.strictSame(readdirSync(cwd), [])
})

test('a damaged or unreadable file stops, is named, and is not shown', async (t) => {
  const cwd = t.testdir({ instance: { 'secrets.json': '' } })
  const file = join(cwd, 'instance', 'secrets.json')
  for (const text of [
    '',
    '{"JWT_SECRET_KEY":"geheim"',
    '[]',
    'null',
    '{"JWT_SECRET_KEY":"geheim","SECRET_KEY":"geheim"}',
  ]) {
    writeFileSync(file, text)
    try {
      loadConfig({}, { cwd })
      t.fail('accepted')
    } catch (error) {
      const { message } = error as Error
      t.match(message, /JWT_SECRET_KEY: .*instance\/secrets\.json is damaged; delete it/, text)
      t.notMatch(message, /geheim/)
    }
    t.equal(readFileSync(file, 'utf8'), text, 'left as it was')
  }
  const folder = t.testdir({ instance: { 'secrets.json': {} } })
  t.throws(() => loadConfig({}, { cwd: folder }), { message: /cannot be kept in .*secrets\.json \(EISDIR\)/ })
  const blocked = t.testdir({ instance: 'a file' })
  t.throws(() => loadConfig({}, { cwd: blocked }), {
    message: /cannot be kept in .*secrets\.json \((ENOTDIR|EEXIST)\)/,
  })
})

test('first starts at once agree on one secret', async (t) => {
  const script = `
    import { loadConfig } from ${JSON.stringify(new URL('../../src/config.ts', import.meta.url).href)}
    while (Date.now() < Number(process.argv[1]));
    const { jwtSecretKey, secretKey } = loadConfig({}, { cwd: process.argv[2] })
    console.log(jwtSecretKey + ' ' + secretKey)`
  const cwd = t.testdir()
  const start = String(Date.now() + 1500)
  const starts = Array.from({ length: 4 }, () =>
    run(process.execPath, ['--input-type=module', '-e', script, start, cwd]),
  )
  const answers = (await Promise.all(starts)).map(({ stdout }) => stdout)
  t.match(answers[0], /^\S{64} \S{64}\n$/)
  t.equal(new Set(answers).size, 1)
  t.strictSame(readdirSync(join(cwd, 'instance')), ['secrets.json'])
})
