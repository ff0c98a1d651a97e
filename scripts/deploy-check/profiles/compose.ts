import type { Profile } from './profile.ts'

export const compose: Profile = {
  name: 'compose',
  injected: {},
  // Of the coming version that counts requests together; once the configuration has it, the check asks to remove it here.
  knows: ['NODE_ENV', 'REDIS_URL'],
  databaseUrl: '',
  tls: 'none',
  secret: 'n7Yp2WqZ-vT5xKcR8mLdJ0uGfE4aPiOsH1yB6kXzMtNwVbC3',
  // The server's own setting, less the three that are kept for its superuser, counts instead.
  connections: 97,
  overlaps: false,
  graceSeconds: 10,
  clientHeaders: undefined,
  ownPort: true,
  facts: [],
}
