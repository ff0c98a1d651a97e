import { advanceIds } from '../../src/db/dialect.ts'
import type { DB } from '../../src/db/schema.gen.ts'
import type { Reader, Writer } from '../../src/db/types.ts'
import { namesOf } from '../../src/modules/users/service.ts'
import { identityKey } from '../../src/values/text.ts'
import { Refusal } from './database.ts'
import { IMPORTERS } from './importers.ts'
import { distinct, nextId, type Plan } from './plan.ts'
import { isUsableAdministrator } from './users.ts'

/** The administrator that the service made at its first start. */
export interface FirstAdministrator {
  id: number
  username: string
  email: string
  /** Whether somebody logged in with it. */
  isUsed: boolean
}

/** What becomes of the first administrator, and who records the opening balances. */
export interface Succession {
  actorId: number
  first: FirstAdministrator | undefined
  /** `moves`: to another id, and to names that nobody else has. */
  fate: 'stays' | 'gives way' | 'moves'
  next: { id: number; username: string; email: string } | undefined
}

const EMPTY = ['categories', 'products', 'stock', 'movements'] as const

const START_ANEW =
  'An import needs a new database: name another one in DATABASE_URL or with --to (on SQLite, a file that does not exist yet).'

/** Looks whether a database holds nothing but what its first start makes. @throws Refusal */
export async function inspectTarget(db: Reader): Promise<FirstAdministrator | undefined> {
  const full: string[] = []
  const present = await tablesOf(db)
  if (!present.has('kysely_migration')) {
    if (!EMPTY.some((table) => present.has(table))) return undefined
    throw new Refusal(`The database to import into belongs to another program. ${START_ANEW}`)
  }
  // Those of migrations that are still to come are not there.
  const counted = async (table: keyof DB) => (present.has(table) ? await countRows(db, table) : 0)
  for (const table of EMPTY) {
    const count = await counted(table)
    if (count > 0) full.push(`${table} (${count})`)
  }
  const locations = await counted('locations')
  if (locations > 1) full.push(`locations (${locations})`)
  const people = await db.selectFrom('users').select(['id', 'username', 'email', 'role', 'last_login']).execute()
  const [first] = people
  if (people.length > 1 || (first !== undefined && first.role !== 'admin')) full.push(`users (${people.length})`)
  if (full.length > 0)
    throw new Refusal(`The database to import into is in use: it holds ${full.join(', ')}. ${START_ANEW}`)
  if (first === undefined) return undefined
  const { id, username, email, last_login } = first
  return { id, username, email, isUsed: last_login !== null || (await countRows(db, 'sessions')) > 0 }
}

async function tablesOf(db: Reader): Promise<Set<string>> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  return new Set(tables.map(({ name }) => name))
}

export async function countRows(db: Reader, table: keyof DB): Promise<number> {
  const query = db.selectFrom(table).select((eb) => eb.fn.countAll<number>().as('count'))
  return Number((await query.executeTakeFirstOrThrow()).count)
}

/**
 * Decides what becomes of the first administrator: one that nobody used gives way where an imported user has its id or a
 * name of it. Somebody is left who can administer.
 *
 * @throws Refusal
 */
export function decideSuccession(plan: Plan, first: FirstAdministrator | undefined): Succession {
  const administrator = plan.users.filter(isUsableAdministrator).sort((a, b) => a.id - b.id)[0]
  if (first === undefined) {
    if (administrator === undefined) throw new Refusal(NOBODY)
    return { actorId: administrator.id, first, fate: 'stays', next: undefined }
  }
  const taken = collisions(plan, first)
  const actorId = administrator?.id ?? first.id
  if (taken.length === 0) return { actorId, first, fate: 'stays', next: undefined }
  if (first.isUsed) {
    const way = `Somebody has logged in as ${first.username} here, so that user must stay, and an imported one has its`
    throw new Refusal(`${way} ${taken.join(' and ')}. ${START_ANEW}`)
  }
  const next = { id: nextId([...plan.users, first]), ...freeNames(plan, first) }
  return administrator === undefined
    ? { actorId: next.id, first, fate: 'moves', next }
    : { actorId, first, fate: 'gives way', next }
}

const NOBODY =
  'Nobody could administer the service: among the users to import is no active administrator whose password works, and the database has none. Start the service once, which makes one, and repeat.'

function collisions(plan: Plan, { id, username, email }: FirstAdministrator): string[] {
  const has = (name: string, isTaken: (user: Plan['users'][number]) => boolean) =>
    plan.users.some(isTaken) ? [name] : []
  return [
    ...has('id', (user) => user.id === id),
    ...has('user name', (user) => user.username_key === identityKey(username)),
    ...has('e-mail address', (user) => user.email_key === identityKey(email)),
  ]
}

function freeNames(plan: Plan, { username, email }: FirstAdministrator) {
  const usernames = new Set(plan.users.map((user) => user.username_key))
  const emails = new Set(plan.users.map((user) => user.email_key))
  const [local, domain] = [email.slice(0, email.lastIndexOf('@')), email.slice(email.lastIndexOf('@'))]
  const ending = (attempt: number) => (attempt === 1 ? '' : String(attempt))
  return {
    username: distinct(usernames, identityKey, (attempt) => `${username}${ending(attempt)}`),
    email: distinct(emails, identityKey, (attempt) => `${local}${ending(attempt)}${domain}`),
  }
}

/** Writes the whole plan, in a transaction that looks again whether it may. @throws Refusal */
export async function writePlan(trx: Writer, plan: Plan): Promise<void> {
  const { actorId, first, fate, next } = decideSuccession(plan, await inspectTarget(trx))
  if (first !== undefined && next !== undefined) {
    await trx
      .updateTable('users')
      .set({ id: next.id, ...namesOf({ ...next, first_name: '', last_name: '' }) })
      .where('id', '=', first.id)
      .execute()
  }
  const location = await trx
    .selectFrom('locations')
    .select('id')
    .where('is_default', '=', true)
    .executeTakeFirstOrThrow()
  for (const importer of IMPORTERS) await importer.write(trx, { plan, actorId, locationId: location.id })
  // Only now: until the imported ones are there, it is the last administrator.
  if (fate === 'gives way')
    await trx
      .deleteFrom('users')
      .where('id', '=', next?.id as number)
      .execute()
  for (const { target } of IMPORTERS) await advanceIds(trx, target)
}
