import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../values/caught.ts'

/** RFC 7518 §3.2: a key for HS256 has at least the 256 bits of its hash. */
const MIN_SECRET_BYTES = 32
const MIN_PASSWORD_LENGTH = 12
/** 32 random hexadecimal digits have fewer different ones less than once in ten million times. */
const MIN_DIFFERENT = 8

/** What file systems without hard links answer. */
const NO_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

const HOW_TO_MAKE = `Make one: node -e "console.log(require('node:crypto').randomBytes(48).toString('base64url'))"`

/** Words of examples, templates and platforms' unfilled functions; random text of this length never has them. */
const PLACEHOLDER = new RegExp(
  [
    'change[-_ ]?(me|this|it)',
    '^cambi[ae]|cambi[ae][-_ ]?(me|esto|lo|la|r)',
    'cámbi[ae]',
    'reempla[zc]',
    'replace[-_ ]?(me|this|with)',
    'placeholder',
    'your[-_ ](super|secret|jwt|key|own|very|app|flask)',
    '(tu|su|mi)[-_ ]?(clave|secreto|contraseña)',
    'clave[-_ ]?(secreta|segura|super)',
    '(my|super|dev|development|test|jwt|app|flask|top)[-_ ]?secret',
    'secret[-_ ]?(key|token|here|\\()',
    'generate',
    'required',
    'random[-_ ]?(string|secret|text)',
    '\\$\\{',
    '^<.*>$',
    '^\\[.*\\]$',
  ].join('|'),
  'i',
)

/** Passwords everybody tries first, looked at without digits and signs: `Admin123!` is `admin`. */
const COMMON_PASSWORD =
  /^(admin|administrator|administrador|root|user|usuario|password|passwort|contraseña|contrasena|clave|secret|secreto|qwerty|letmein|welcome|stock|default|test|demo|adminpassword)\1*$/

/**
 * Judges a secret used to sign.
 *
 * @returns what is wrong and how to make a good one, without any part of it; undefined when it is good
 */
export function weaknessOfSecret(secret: string): string | undefined {
  const bytes = Buffer.byteLength(secret)
  if (PLACEHOLDER.test(secret)) return `is a placeholder, not a secret. ${HOW_TO_MAKE}`
  if (bytes < MIN_SECRET_BYTES) return `must have at least ${MIN_SECRET_BYTES} bytes, it has ${bytes}. ${HOW_TO_MAKE}`
  return hasPattern(secret) ? `is too regular to be a secret. ${HOW_TO_MAKE}` : undefined
}

/** What to say when production has none. */
export const MISSING_SECRET = `is required in production. ${HOW_TO_MAKE}`

/** @returns what is wrong with the administrator's password for this environment; undefined when it is good */
export function weaknessOfPassword(password: string, production: boolean): string | undefined {
  if (password.trim() !== password) return 'must not begin or end with white space'
  if (production && isGuessable(password)) {
    return 'is a placeholder or easily guessed; choose another, or unset it to have one made and printed once'
  }
  const length = [...password].length
  return length < MIN_PASSWORD_LENGTH
    ? `must have at least ${MIN_PASSWORD_LENGTH} characters, it has ${length}`
    : undefined
}

function isGuessable(password: string): boolean {
  const letters = password.toLowerCase().replace(/[^\p{L}]/gu, '')
  const plain = COMMON_PASSWORD.test(letters) || letters === ''
  return plain || PLACEHOLDER.test(password) || new Set(password).size < 5
}

function hasPattern(text: string): boolean {
  return new Set(text).size < MIN_DIFFERENT || repeats(text) || runs(text) > text.length * 0.75
}

/** A piece said twice or more, also when the last one is cut off: `abcdefghabcdefghabcd`. */
function repeats(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++) {
    if (text.startsWith(text.slice(period))) return true
  }
  return false
}

/** How many characters follow their neighbour in the code table, or repeat it. */
function runs(text: string): number {
  let count = 0
  for (let index = 1; index < text.length; index++) {
    if (Math.abs(text.charCodeAt(index) - text.charCodeAt(index - 1)) <= 1) count++
  }
  return count
}

export interface MadeSecrets {
  JWT_SECRET_KEY: string
  SECRET_KEY: string
}

/**
 * The secrets of a development machine, kept in `folder`/secrets.json (mode 0600) so that tokens survive a restart.
 * Two processes that start at once agree: the file appears whole, and only one of them can make it appear.
 *
 * @throws Error naming the file when it cannot be read or is not what was written
 */
export function keepSecrets(folder: string): MadeSecrets {
  const file = join(folder, 'secrets.json')
  try {
    return readSecrets(file) ?? makeSecrets(folder, file)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    throw new Error(`cannot be kept in ${file} (${code}); make the folder writable, or set the variable`)
  }
}

function makeSecrets(folder: string, file: string): MadeSecrets {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const made = { JWT_SECRET_KEY: randomSecret(), SECRET_KEY: randomSecret() }
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    publish(draft, file)
  } finally {
    rmSync(draft, { force: true })
  }
  return readSecrets(file) ?? made
}

/** Gives the finished draft its name, unless another process was first. */
function publish(draft: string, file: string): void {
  const unlessPresent = (place: () => void) => {
    try {
      place()
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
  try {
    unlessPresent(() => linkSync(draft, file))
  } catch (error) {
    if (!NO_HARD_LINKS.includes(codeOf(error) ?? '')) throw error
    // A copy does not appear whole at once, yet it still refuses to replace what another process wrote.
    unlessPresent(() => copyFileSync(draft, file, constants.COPYFILE_EXCL))
  }
}

function readSecrets(file: string): MadeSecrets | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
  try {
    const { JWT_SECRET_KEY, SECRET_KEY } = JSON.parse(text)
    const good = [JWT_SECRET_KEY, SECRET_KEY].every(
      (value) => typeof value === 'string' && value.length >= MIN_SECRET_BYTES,
    )
    if (good) return { JWT_SECRET_KEY, SECRET_KEY }
  } catch {
    // JSON's own message would quote the text
  }
  throw new Error(`${file} is damaged; delete it to have new secrets made (everybody logs in again)`)
}

function randomSecret(): string {
  return randomBytes(48).toString('base64url')
}
