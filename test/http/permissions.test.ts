import { test } from 'tap'
import { isPermission, permissionsOf, ROLES } from '../../src/http/permissions.ts'

/** What each role may do beside what the one before it may. */
const ADDED = {
  viewer: ['account:own', 'catalogue:read', 'stock:read'],
  user: [],
  supervisor: ['product:edit', 'stock:move', 'stock:edit'],
  manager: ['category:edit', 'location:edit', 'product:archive', 'valuation:read'],
  admin: ['user:admin', 'ledger:verify'],
}

test('each role has what the roles before it have, and its own', async (t) => {
  t.same(ROLES, Object.keys(ADDED))
  const wanted: string[] = []
  for (const role of ROLES) {
    wanted.push(...ADDED[role])
    t.same([...permissionsOf(role)].sort(), [...wanted].sort(), `what ${role} may do is in ADDED`)
    for (const name of ADDED[role]) t.equal(isPermission(name), true, name)
  }
})

test('an unknown role may do nothing, and an unknown permission is none', async (t) => {
  for (const role of ['', 'root', 'Admin', 'constructor']) t.equal(permissionsOf(role).size, 0, role)
  for (const name of [undefined, '', 'stock', 'toString']) t.equal(isPermission(name), false, String(name))
})
