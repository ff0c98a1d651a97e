import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { readWerkzeug, verifyWerkzeug } from './werkzeug.ts'

const derive = promisify(argon2)

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html for these parameters */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1 }
const TAG_BYTES = 32
const NO_SALT = Buffer.alloc(16)

/** A password as it is kept: argon2id in PHC form. Works outside the event loop. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const tag = await compute(password, salt, PARAMETERS, TAG_BYTES)
  const { memory, passes, parallelism } = PARAMETERS
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

/**
 * Whether a password is the one that was hashed, by this service or by the one before it; false for anything that is no
 * hash of either, after the same time as with argon2id, so that `''` stands for a user who does not exist.
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const foreign = readWerkzeug(hash)
  if (foreign !== undefined) return await verifyWerkzeug(password, foreign)
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash)
  if (!match) {
    await compute(password, NO_SALT, PARAMETERS, TAG_BYTES)
    return false
  }
  const [, memory, passes, parallelism, salt = '', tag = ''] = match
  const expected = Buffer.from(tag, 'base64')
  const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const actual = await compute(password, Buffer.from(salt, 'base64'), parameters, expected.length)
  return timingSafeEqual(actual, expected)
}

/** Whether a hash is one of the Flask system, which takes another time to verify. */
export const isForeign = (hash: string): boolean => readWerkzeug(hash) !== undefined

/** Whether a hash was made with weaker parameters than are used now, or in another way. */
export const isOutdated = (hash: string): boolean =>
  !hash.startsWith(`$argon2id$v=19$m=${PARAMETERS.memory},t=${PARAMETERS.passes},p=${PARAMETERS.parallelism}$`)

const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')

const compute = (password: string, nonce: Buffer, parameters: typeof PARAMETERS, tagLength: number) =>
  derive('argon2id', { ...parameters, message: password.normalize('NFC'), nonce, tagLength })
