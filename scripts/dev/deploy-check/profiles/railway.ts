import type { Profile } from './profile.ts'

export const railway: Profile = {
  name: 'railway',
  injected: { PORT: '8080', RAILWAY_ENVIRONMENT: 'production' },
  knows: ['PORT', 'NODE_ENV', 'RAILWAY_*'],
  databaseUrl: 'postgresql://postgres:p%40ss@postgres.railway.internal:5432/railway',
  tls: 'none',
  secret: 'hT4kZ9wQbX2mVn7RcY5sLdJ0uGfE8aPiOqW1yK6xMzNtBvC3rUhSgDjFlAeQpIoT',
  connections: 100,
  overlaps: true,
  graceSeconds: 0,
  clientHeaders: ['x-real-ip'],
  ownPort: false,
  facts: [
    {
      claim: 'the private network is encrypted, so the database needs no TLS',
      source: 'Railway docs, Private networking',
    },
    {
      claim: 'SIGKILL follows SIGTERM at once unless drainingSeconds is set',
      source: 'Railway docs, Deployment teardown',
    },
    { claim: 'proxies reach the service from 10/8, fc00::/7 or 100.64/10', source: 'Railway docs, Private networking' },
    { claim: 'secret(n) makes n random letters and digits', source: 'Railway docs, Template functions' },
  ],
}
