import type { Test } from 'tap'
import type { Engine, Store } from '../../../src/db/types.ts'
import { ensureAdministrator } from '../../../src/modules/users/service.ts'
import { verifyPassword } from '../../../src/values/password.ts'
import { onEveryEngine } from '../../support/app.ts'
import { createDatabase, open } from '../../support/databases.ts'
import { servicesOf } from '../../support/effects.ts'

const ADMIN = { adminUsername: 'Jefa', adminEmail: 'Jefa@example.com', adminPassword: undefined }

/** Two doors to one database without users, as two processes would have them. */
async function openTwice(t: Test, engine: Engine): Promise<[Store, Store]> {
  const database = await createDatabase(engine)
  const stores: [Store, Store] = [await open(database.url), await open(database.url)]
  t.teardown(async () => {
    for (const store of stores) await store.close()
    await database.drop()
  })
  return stores
}

const usersOf = (store: Store) => store.query((reader) => reader.selectFrom('users').selectAll().execute())

onEveryEngine('two starts at once make one administrator, whose password is shown once', async (t, engine) => {
  const stores = await openTwice(t, engine)
  const made = await Promise.all(stores.map((store) => ensureAdministrator(servicesOf(store), ADMIN)))
  const shown = made.filter((administrator) => administrator !== undefined)
  t.equal(shown.length, 1)
  const users = await usersOf(stores[0])
  t.equal(users.length, 1)
  t.match(users[0], { username: 'Jefa', email: 'Jefa@example.com', role: 'admin', is_active: true, token_version: 1 })
  t.ok(await verifyPassword(shown[0]?.password ?? '', users[0]?.password_hash ?? ''), 'it is the one shown')
  t.equal(await ensureAdministrator(servicesOf(stores[1]), ADMIN), undefined, 'a later start makes and shows nothing')
})

onEveryEngine('a password from the configuration is used and not shown', async (t, engine) => {
  const [store] = await openTwice(t, engine)
  const adminPassword = 'una-frase-de-la-casa'
  t.equal(await ensureAdministrator(servicesOf(store), { ...ADMIN, adminPassword }), undefined)
  const [user] = await usersOf(store)
  t.ok(await verifyPassword(adminPassword, user?.password_hash ?? ''))
  await ensureAdministrator(servicesOf(store), { ...ADMIN, adminPassword: 'otra-frase-distinta' })
  t.same(await usersOf(store), [user], 'what is there stays as it is')
})
