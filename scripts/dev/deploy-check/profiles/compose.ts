import type { Profile } from './profile.ts'

export const compose: Profile = {
  name: 'compose',
  injected: {},
  knows: ['NODE_ENV'],
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
