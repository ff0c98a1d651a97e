import type { Profile } from './profile.ts'

export const render: Profile = {
  name: 'render',
  injected: { PORT: '10000', RENDER: 'true' },
  knows: ['PORT', 'NODE_ENV', 'RENDER*', 'IS_PULL_REQUEST'],
  databaseUrl: 'postgresql://stock:p%40ss@dpg-abc-a/stock',
  tls: 'none',
  secret: 'q3dL0v8oTz1yXnR5sKfW7uJbE2mGhPcA9iVtYrQ4x6U=',
  connections: 100,
  overlaps: true,
  graceSeconds: 30,
  clientHeaders: ['cf-connecting-ip', 'true-client-ip'],
  ownPort: false,
  facts: [
    { claim: 'the internal database address needs no TLS and names no port', source: 'Render docs, Postgres: connect' },
    { claim: 'generateValue makes 256 random bits in base64', source: 'Render docs, Blueprint reference' },
    { claim: 'the edge sets CF-Connecting-IP and forged ones do not pass', source: 'Render docs, Proxy headers' },
    { claim: 'plans starter and basic-256mb exist and can be had', source: 'Render docs, Blueprint reference' },
  ],
}
