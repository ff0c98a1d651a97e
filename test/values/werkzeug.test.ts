import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { test } from 'tap'
import { isOutdated, verifyPassword } from '../../src/values/password.ts'
import { readWerkzeug } from '../../src/values/werkzeug.ts'

// Made by Werkzeug itself.
const KNOWN = [
  [
    'admin123',
    'pbkdf2:sha256:260000$I1EB7xoi5Z5VU3WV$9adfab9f258b30960dc174fdae68b325f9ad5b08bd21c18b0825bdafc1f7fb93',
  ],
  [
    'Admin-clave-2024',
    'pbkdf2:sha256:600000$2HxC7JwfVXnwrlzH$773fee547d88a04deaf73e0c4dfee6bfb2922070a0fc1fe2b12c72064c2d3573',
  ],
  [
    'Scrypt-clave-2024',
    'scrypt:32768:8:1$aB3dE5gH7jK9mN1p$b47fb2ba9889ed983f89d2e924c0e205299f94bead170230ab9f981132ad7735f0ec2bf7d22b34abcea0557365285a1ba4617fa712b318356751a55dbadd8b80',
  ],
] as const

const madeBy = (password: string, digest: string, bytes: number) =>
  `pbkdf2:${digest}:1000$salt$${pbkdf2Sync(password, 'salt', 1000, bytes, digest).toString('hex')}`

const HEX32 = 'ab'.repeat(32)
const HEX64 = 'ab'.repeat(64)

const REFUSED = [
  `pbkdf2:sha256:999999999$salt$${HEX32}`,
  `pbkdf2:sha256:2000001$salt$${HEX32}`,
  `pbkdf2:sha256:0$salt$${HEX32}`,
  `pbkdf2:sha256$salt$${HEX32}`,
  `pbkdf2:md5:1000$salt$${HEX32}`,
  `pbkdf2:constructor:1000$salt$${HEX32}`,
  `pbkdf2:sha256:1000$salt$${HEX64}`,
  `pbkdf2:sha256:1000$salt$${HEX32.slice(1)}`,
  `pbkdf2:sha256:1000$salt$${HEX32}a`,
  `xpbkdf2:sha256:1000$salt$${HEX32}`,
  `pbkdf2:sha256:1000$salt$${HEX32.toUpperCase()}`,
  `pbkdf2:sha256:1000$$${HEX32}`,
  `pbkdf2:sha256:1000$${'s'.repeat(257)}$${HEX32}`,
  `scrypt:1048576:8:1$salt$${HEX64}`,
  `scrypt:2:9999:1$salt$${HEX64}x`,
  `scrypt:32768:32:1$salt$${HEX64}`,
  `scrypt:32768:8:5$salt$${HEX64}`,
  `scrypt:32767:8:1$salt$${HEX64}`,
  `scrypt:1:8:1$salt$${HEX64}`,
  `scrypt:32768:8:1$salt$${HEX32}`,
  `scrypt:32768:8$salt$${HEX64}`,
  `sha256$salt$${HEX32}`,
  'plain$$secret',
  'secret',
  '',
]

test('what asks for too much work, or is no such hash, is none', async (t) => {
  for (const hash of REFUSED) t.equal(readWerkzeug(hash), undefined, hash.slice(0, 40))
})

test('passwords of Werkzeug are recognised, and are to be hashed anew', async (t) => {
  for (const [password, hash] of KNOWN) {
    t.equal(await verifyPassword(password, hash), true, hash.slice(0, 20))
    t.equal(await verifyPassword(`${password} `, hash), false)
    t.equal(await verifyPassword('', hash), false)
    t.equal(isOutdated(hash), true)
  }
  t.equal(await verifyPassword('una clave', madeBy('una clave', 'sha512', 64)), true)
  t.equal(await verifyPassword('una clave', madeBy('una clave', 'sha1', 20)), true)
})

test('an accent may be typed on another keyboard than then', async (t) => {
  const composed = 'contraseña-año'.normalize('NFC')
  const apart = composed.normalize('NFD')
  for (const typed of [composed, apart]) t.equal(await verifyPassword(typed, madeBy(composed, 'sha256', 32)), true)
  t.equal(await verifyPassword(apart, madeBy(apart, 'sha256', 32)), true, 'as it was sent then')
  t.equal(await verifyPassword('contrasena-ano', madeBy(composed, 'sha256', 32)), false)
})

test('the parameters that Werkzeug ever used are within the limits', (t) => {
  for (const iterations of [50_000, 150_000, 260_000, 600_000, 1_000_000]) {
    t.ok(readWerkzeug(`pbkdf2:sha256:${iterations}$salt$${HEX32}`))
  }
  const hex = scryptSync('x', 'salt', 64, { N: 65_536, r: 8, p: 1, maxmem: 2 ** 28 }).toString('hex')
  t.ok(readWerkzeug(`scrypt:65536:8:1$salt$${hex}`))
  t.end()
})

test('what is no such hash is a wrong password, at no great cost', async (t) => {
  for (const hash of REFUSED.slice(-6)) t.equal(await verifyPassword('secret', hash), false, hash.slice(0, 40))
})
