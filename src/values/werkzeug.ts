import { pbkdf2, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/**
 * Password hashes of Werkzeug, as the Flask system kept them: `pbkdf2:sha256:260000$salt$hex` and
 * `scrypt:32768:8:1$salt$hex`. They are verified and never made.
 *
 * @see https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.security.generate_password_hash
 */
export type WerkzeugHash = { salt: string; expected: Buffer } & (
  | { method: 'pbkdf2'; digest: string; iterations: number }
  | { method: 'scrypt'; options: ScryptOptions }
)

const derivePbkdf2 = promisify(pbkdf2)
const deriveScrypt = promisify<string, string, number, ScryptOptions, Buffer>(scrypt)

/** Bytes that each digest gives; Werkzeug keeps all of them. */
const DIGESTS = new Map([
  ['sha1', 20],
  ['sha256', 32],
  ['sha512', 64],
])
const SCRYPT_BYTES = 64
/**
 * What a stored hash may make this process do; a crafted one must not keep it busy or fill its memory. Werkzeug's own
 * parameters are a million iterations, and 32 MiB, at the most so far.
 */
const LIMITS = { iterations: 2_000_000, memory: 64 * 1024 * 1024, parallelism: 4, saltLength: 256 }

/** Reads a hash; undefined when it is none of Werkzeug's, or asks for more work than is done for anybody. */
export function readWerkzeug(text: string): WerkzeugHash | undefined {
  const match = /^(pbkdf2|scrypt):([a-z0-9:]{1,40})\$([^$]+)\$([0-9a-f]{2,256})$/.exec(text)
  if (!match) return undefined
  const [, method, parameters = '', salt = '', hex = ''] = match
  const common = { salt, expected: Buffer.from(hex, 'hex') }
  if (salt.length > LIMITS.saltLength || hex.length % 2 !== 0) return undefined
  return method === 'pbkdf2' ? readPbkdf2(parameters, common) : readScrypt(parameters, common)
}

type Common = Pick<WerkzeugHash, 'salt' | 'expected'>

function readPbkdf2(parameters: string, common: Common): WerkzeugHash | undefined {
  const [, digest = '', count] = /^([a-z0-9]+):([1-9]\d{0,8})$/.exec(parameters) ?? []
  const iterations = Number(count)
  if (DIGESTS.get(digest) !== common.expected.length || !(iterations <= LIMITS.iterations)) return undefined
  return { method: 'pbkdf2', digest, iterations, ...common }
}

function readScrypt(parameters: string, common: Common): WerkzeugHash | undefined {
  const [, cost, block, parallel] = /^([1-9]\d{0,8}):([1-9]\d{0,3}):([1-9]\d{0,3})$/.exec(parameters) ?? []
  const [N, r, p] = [Number(cost), Number(block), Number(parallel)]
  const memory = 128 * N * r
  if (!(memory <= LIMITS.memory) || p > LIMITS.parallelism || N < 2 || (N & (N - 1)) !== 0) return undefined
  if (common.expected.length !== SCRYPT_BYTES) return undefined
  return { method: 'scrypt', options: { N, r, p, maxmem: 2 * memory + 1024 * 1024 * p }, ...common }
}

/**
 * Whether a password is the one that was hashed. Werkzeug hashed what the browser sent; where the keyboards of two systems
 * write an accent differently, the composed form is tried as well.
 */
export async function verifyWerkzeug(password: string, hash: WerkzeugHash): Promise<boolean> {
  const forms = new Set([password, password.normalize('NFC')])
  for (const form of forms) if (timingSafeEqual(await compute(form, hash), hash.expected)) return true
  return false
}

const compute = (password: string, hash: WerkzeugHash): Promise<Buffer> =>
  hash.method === 'pbkdf2'
    ? derivePbkdf2(password, hash.salt, hash.iterations, hash.expected.length, hash.digest)
    : deriveScrypt(password, hash.salt, hash.expected.length, hash.options)
