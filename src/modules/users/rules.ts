import { invalidField } from '../../errors.ts'
import { identityKey } from '../../values/text.ts'

/** Words everybody tries first, looked for without the digits and signs around them: `Admin123456!` is `admin`. */
const COMMON = new Set([
  'admin', 'administrator', 'administrador', 'root', 'user', 'usuario', 'password', 'passwort', 'contraseña', 'contrasena',
  'clave', 'secret', 'secreto', 'qwerty', 'qwertyuiop', 'qwertyuiopasdf', 'asdfghjkl', 'letmein', 'welcome', 'bienvenido',
  'iloveyou', 'abc', 'abcdef', 'abcdefghijkl', 'changeme', 'default', 'test', 'demo', 'stock', 'stockmanagement',
  'inventario', 'inventory', 'passwordpassword', 'adminadmin', 'adminadminadmin', 'qwertyqwerty', 'adminpassword',
]) // biome-ignore format: a list of words reads best in rows

const MIN_DIFFERENT = 5

/**
 * Refuses a new password that others would try first. How long it must be, the schema says.
 *
 * @param pointer where the password stands in the body
 * @throws Problem `validation-failed`
 */
export function requireGoodPassword(
  password: string,
  owner: { username: string; email: string },
  pointer: string,
): void {
  const key = identityKey(password)
  if ([owner.username, owner.email].some((name) => identityKey(name) === key)) {
    throw invalidField(pointer, 'must not be the user name or the e-mail address')
  }
  const letters = key.replaceAll(/[^\p{L}]/gu, '')
  if (letters === '' || COMMON.has(letters) || new Set(key).size < MIN_DIFFERENT) {
    throw invalidField(pointer, 'is too easily guessed; use several words, or have one made by a password manager')
  }
}

/**
 * Refuses what is no letter or digit of any script, `.`, `_` or `-`. There is no `@`, so no user name can be somebody
 * else's e-mail address at login.
 *
 * @throws Problem `validation-failed`
 */
export function requireUsername(username: string): void {
  if (!/^[\p{L}\p{M}\p{N}._-]+$/u.test(username)) {
    throw invalidField('#/username', 'must be letters, digits, ".", "_" and "-", for example "ana.garcia"')
  }
}
