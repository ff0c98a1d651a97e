import { ROLES, type Role } from '../../src/http/permissions.ts'
import { namesOf } from '../../src/modules/users/service.ts'
import { identityKey } from '../../src/values/text.ts'
import { readWerkzeug } from '../../src/values/werkzeug.ts'
import type { Fields } from './fields.ts'
import { type Findings, shown } from './findings.ts'
import { type Importer, insertRows, withIds } from './importer.ts'
import { distinct, type Plan } from './plan.ts'

export const users: Importer = {
  target: 'users',
  names: ['users', 'user'],
  columns: {
    id: ['id'],
    username: ['username'],
    email: ['email'],
    password_hash: ['password_hash'],
    first_name: ['first_name'],
    last_name: ['last_name'],
    role: ['role'],
    is_active: ['is_active'],
    last_login: ['last_login'],
    created_at: ['created_at'],
    updated_at: ['updated_at'],
  },
  required: ['id', 'username', 'password_hash'],
  prepare(rows, plan, findings) {
    const people = withIds(rows).map(({ id, fields }) => ({
      id,
      fields,
      username: fields.text('username', MAX_NAME),
      email: fields.text('email', MAX_NAME),
    }))
    const usernames = namesFor(people, 'username', findings)
    const emails = namesFor(people, 'email', findings)
    for (const { id, fields } of people) {
      const names = {
        username: usernames.get(id) as string,
        email: emails.get(id) as string,
        first_name: fields.text('first_name', 100),
        last_name: fields.text('last_name', 100),
      }
      plan.users.push({
        id,
        ...namesOf(names),
        password_hash: hashOf(fields),
        role: roleOf(fields, findings),
        is_active: activityOf(fields, findings),
        last_login: fields.time('last_login') ?? null,
        ...fields.times(plan.now),
      })
    }
  },
  write: (trx, { plan }) => insertRows(trx, 'users', plan.users),
  count: (plan) => plan.users.length,
}

/** Whether somebody can log in and administer: the service needs one. */
export const isUsableAdministrator = ({ role, is_active, password_hash }: Plan['users'][number]): boolean =>
  role === 'admin' && is_active === true && readWerkzeug(password_hash) !== undefined

/** As long as a name may be at the login. */
const MAX_NAME = 254
/** Room for what makes a name distinct. */
const MAX_BASE = 230
/** A name that no mail goes to by mistake. */
const NO_MAIL = 'stock.localhost'

const KINDS = {
  username: {
    missing: 'Users without a user name get one:',
    colliding:
      'User names that another user has, without regard to case and width, are made distinct; tell these people:',
  },
  email: {
    missing: 'Users without an e-mail address get one that reaches nobody:',
    colliding: 'E-mail addresses that another user has, without regard to case and width, are made distinct:',
  },
}

interface Person {
  id: number
  fields: Fields
  username: string
  email: string
}

/** Names that are distinct; those that are right as they are come first, so that none of them has to give way. */
function namesFor(people: Person[], column: 'username' | 'email', findings: Findings): Map<number, string> {
  const names = new Map<number, string>()
  const taken = new Set<string>()
  const isFree = (name: string) => name !== '' && !taken.has(identityKey(name))
  const others = people.filter((person) => {
    const name = person[column]
    if (!isFree(name)) return true
    taken.add(identityKey(name))
    names.set(person.id, name)
    if (column === 'email' && !/^[^\s@]+@[^\s@]+$/.test(name)) {
      findings.repair('Not an e-mail address, and kept as it is:', `${person.fields.place}: ${shown(name)}`)
    }
    return false
  })
  for (const { id, fields, [column]: name } of others) {
    const other = distinct(taken, identityKey, column === 'email' ? emailSeries(id, name) : usernameSeries(id, name))
    names.set(id, other)
    const kind = KINDS[column][name === '' ? 'missing' : 'colliding']
    findings.repair(kind, `${fields.place}: ${name === '' ? '' : `${shown(name)} becomes `}${shown(other)}`)
  }
  return names
}

const begin = (name: string) => [...name].slice(0, MAX_BASE).join('')
const ending = (attempt: number) => (attempt === 1 ? '' : `-${attempt}`)

const usernameSeries = (id: number, name: string) => (attempt: number) =>
  `${name === '' ? 'user' : begin(name)}-${id}${ending(attempt)}`

/** What follows a plus sign goes to the same mailbox with most who carry mail. */
function emailSeries(id: number, email: string): (attempt: number) => string {
  if (email === '') return (attempt) => `user-${id}${ending(attempt)}@${NO_MAIL}`
  const at = email.lastIndexOf('@')
  const [local, domain] = at < 0 ? [email, ''] : [email.slice(0, at), email.slice(at)]
  return (attempt) => `${begin(local)}+${id}${ending(attempt)}${domain}`
}

function hashOf(fields: Fields): string {
  const hash = fields.verbatim('password_hash').trim()
  if (readWerkzeug(hash) !== undefined) return hash
  const kind = 'Passwords kept in a way that is not understood do not work; an administrator sets new ones:'
  fields.findings.repair(kind, fields.place)
  return '!'
}

function roleOf(fields: Fields, findings: Findings): Role {
  const written = fields.text('role', 1000)
  const role = ROLES.find((known) => known === written.toLowerCase())
  if (role !== undefined) return role
  findings.repair('Users of a role that is not known become viewers:', `${fields.place}: ${shown(written)}`)
  return 'viewer'
}

function activityOf(fields: Fields, findings: Findings): boolean {
  const isActive = fields.flag('is_active')
  if (isActive === null) findings.repair('Users not said to be active are not:', fields.place)
  return isActive ?? false
}
