import { test } from 'tap'
import { requireGoodPassword, requireUsername } from '../../../src/modules/users/rules.ts'
import { refusal } from '../../support/refusal.ts'

const OWNER = { username: 'Ana.Garcia', email: 'ana@example.com' }
const POINTER = '#/new_password'
const judge = (password: string) => requireGoodPassword(password, OWNER, POINTER)

test('a password is not the name of its owner, however it is written', async (t) => {
  for (const password of ['Ana.Garcia', 'ANA.GARCIA', ' ana.garcia ', 'ana@example.com', 'ANA@EXAMPLE.COM']) {
    const { slug, errors } = refusal(() => judge(password))
    t.equal(slug, 'validation-failed')
    t.match(errors, [{ pointer: POINTER, detail: /user name or the e-mail/ }], password)
  }
  t.doesNotThrow(() => judge('ana.garcia quiere café'))
})

/** Each with the digits and signs people put around it. */
const COMMON = [
  'Admin123456!', '2026administrator', 'Administrador#1', 'root12345678', 'user12345678', 'Usuario.2026!',
  'Password2026!', 'passwort-2026', 'Contraseña2026', 'Contrasena2026', 'clave-2026-77', 'secret 12345', 'secreto.98765',
  '123qwerty456', 'qwertyuiop12', 'Qwertyuiopasdf', 'asdfghjkl-12', 'letmein12345', 'Welcome2026!', 'Bienvenido.24',
  'iloveyou2026', 'abc123456789', 'abcdef123456', 'abcdefghijkl', 'changeme2026', 'default12345', 'test12345678',
  'demo12345678', 'stock2026!#7', 'stockmanagement1', 'inventario24', 'inventory#24', 'passwordpassword', 'adminadmin12',
  'adminadminadmin', 'qwertyqwerty', 'adminpassword',
] // biome-ignore format: a list of words reads best in rows

test('a password is not what everybody tries first', async (t) => {
  const digits = ['1234567890123', '20260131-2026', '!"#$%&/()=?1']
  const monotonous = ['aaaaaaaaaaaa', 'abababababab', 'xyzwxyzwxyzw']
  for (const password of [...COMMON, ...digits, ...monotonous]) {
    const problem = refusal(() => judge(password))
    t.match(problem.errors, [{ pointer: POINTER, detail: /too easily guessed/ }], password)
  }
})

test('other passwords are taken', async (t) => {
  for (const password of [
    'abcdeabcdeabcde',
    'caballo pila grapa',
    'administradora',
    'los stocks de ana',
    'Xk7-pQ2-vM9',
    '密码很长的一句话',
  ]) {
    t.doesNotThrow(() => judge(password), password)
  }
})

test('a user name is letters and digits of any script, dots, underlines and hyphens', async (t) => {
  for (const name of ['ana', 'Ana.García_2-b', 'Nin\u0303o', '用户7', '٣'])
    t.doesNotThrow(() => requireUsername(name), name)
  for (const name of ['', 'ana garcia', 'ana@example.com', ' ana', 'ana\n', 'a/b', 'a\u200bb', '#ana', 'ana!']) {
    const { slug, errors } = refusal(() => requireUsername(name))
    t.equal(slug, 'validation-failed')
    t.match(errors, [{ pointer: '#/username', detail: /ana\.garcia/ }], JSON.stringify(name))
  }
})
