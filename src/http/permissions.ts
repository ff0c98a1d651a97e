/** Who may do what: routes ask for a permission, never for a role. */

export const ROLES = ['viewer', 'user', 'supervisor', 'manager', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Permission → the least role that has it; each role has what the roles before it have. */
const LEAST_ROLE = {
  'account:own': 'viewer',
  'catalogue:read': 'viewer',
  'stock:read': 'viewer',
  'product:edit': 'supervisor',
  'stock:move': 'supervisor',
  'stock:edit': 'supervisor',
  'category:edit': 'manager',
  'location:edit': 'manager',
  'product:archive': 'manager',
  'valuation:read': 'manager',
  'user:admin': 'admin',
  'ledger:verify': 'admin',
} as const satisfies Record<string, Role>

export type Permission = keyof typeof LEAST_ROLE

export const isPermission = (name: string | undefined): name is Permission =>
  name !== undefined && Object.hasOwn(LEAST_ROLE, name)

const granted = new Map<string, ReadonlySet<Permission>>(
  ROLES.map((role, rank) => {
    const permissions = (Object.keys(LEAST_ROLE) as Permission[]).filter(
      (name) => ROLES.indexOf(LEAST_ROLE[name]) <= rank,
    )
    return [role, new Set(permissions)]
  }),
)

const NONE: ReadonlySet<Permission> = new Set()

/** Every permission of a role, in the order of the table above; an unknown role has none. */
export const permissionsOf = (role: string): ReadonlySet<Permission> => granted.get(role) ?? NONE
