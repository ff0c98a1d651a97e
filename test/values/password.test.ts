import { argon2Sync } from 'node:crypto'
import { test } from 'tap'
import { hashPassword, isForeign, isOutdated, verifyPassword } from '../../src/values/password.ts'

/** From the tests of the reference implementation: other parameters than ours, of one and of two lanes. */
const REFERENCE = [
  '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
]

test('a password is kept as argon2id with the recommended cost and a salt of its own', async (t) => {
  const [hash, other] = [await hashPassword('una frase larga'), await hashPassword('una frase larga')]
  t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.not(hash, other)
  t.equal(await verifyPassword('una frase larga', hash), true)
  t.equal(await verifyPassword('una frase largo', hash), false)
  t.equal(await verifyPassword('', hash), false)
  t.equal(isOutdated(hash), false)
  t.equal(isForeign(hash), false)
})

test('an accent is the same however the keyboard composes it', async (t) => {
  const hash = await hashPassword('contraseña'.normalize('NFD'))
  for (const form of ['NFC', 'NFD'] as const) t.equal(await verifyPassword('contraseña'.normalize(form), hash), true)
})

test('argon2id of other parameters is recognised, and is to be hashed anew', async (t) => {
  for (const hash of REFERENCE) {
    t.equal(await verifyPassword('password', hash), true, hash)
    t.equal(await verifyPassword('Password', hash), false, hash)
    t.equal(isOutdated(hash), true)
    t.equal(isForeign(hash), false)
  }
})

test('the cost may be of two digits', async (t) => {
  const nonce = Buffer.from('somesalt')
  const cost = { memory: 96, passes: 10, parallelism: 12 }
  const tag = argon2Sync('argon2id', { ...cost, message: 'password', nonce, tagLength: 16 })
  const [salt, rest] = [nonce, tag].map((bytes) => bytes.toString('base64').replaceAll('=', ''))
  t.equal(await verifyPassword('password', `$argon2id$v=19$m=96,t=10,p=12$${salt}$${rest}`), true)
})

test('a hash of Werkzeug is foreign and outdated', async (t) => {
  const hash = `pbkdf2:sha256:1000$salt$${'ab'.repeat(32)}`
  t.equal(isForeign(hash), true)
  t.equal(isOutdated(hash), true)
})

test('what is no hash is a wrong password', async (t) => {
  const [hash = ''] = REFERENCE
  const cases = ['', '!', 'password', ` ${hash}`, `x${hash}`, `${hash} `, `${hash}$`, hash.replace('v=19', 'v=16')]
  cases.push(hash.replace('argon2id', 'argon2i'), hash.replace('m=256', 'm=x'), hash.replace('t=2', 't='))
  for (const text of cases) {
    t.equal(await verifyPassword('password', text), false, text)
    t.equal(isOutdated(text), true, text)
  }
})

test('to find no user costs what a wrong password does', async (t) => {
  const hash = await hashPassword('una frase larga')
  // Processor time, which a busy machine does not change much.
  const costOf = async (text: string) => {
    const before = process.cpuUsage()
    for (let run = 0; run < 5; run += 1) await verifyPassword('otra frase', text)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  const [wrong, nobody] = [await costOf(hash), await costOf('')]
  t.ok(nobody > wrong / 3 && nobody < wrong * 3, `${nobody} µs for nobody, ${wrong} µs for a wrong password`)
})
