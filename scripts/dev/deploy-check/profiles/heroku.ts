import type { Profile } from './profile.ts'

export const heroku: Profile = {
  name: 'heroku',
  injected: { PORT: '31247', DYNO: 'web.1', DATABASE_URL: 'postgres://u:p%40ss@ec2-1.compute-1.amazonaws.com:5432/d' },
  knows: ['PORT', 'NODE_ENV', 'PGSSLMODE', 'DYNO', 'HEROKU_*'],
  databaseUrl: 'postgres://u:p%40ss@ec2-1.compute-1.amazonaws.com:5432/d',
  tls: 'unverifiable',
  secret: '5d41402abc4b2a76b9719d911017c5928e3f6a0c7db14e9f2a8b3c6d1e0f9a47',
  connections: 20,
  overlaps: true,
  graceSeconds: 30,
  clientHeaders: [],
  ownPort: false,
  facts: [
    {
      claim: 'essential-0 takes 20 connections and demands TLS',
      source: 'Heroku Dev Center, Choosing a Postgres plan',
    },
    { claim: 'app.json with stack container reads heroku.yml', source: 'seen in public repositories; not documented' },
    { claim: 'the generator makes 64 hexadecimal digits', source: 'commonly seen; not documented' },
    { claim: 'the router appends the client as the last X-Forwarded-For', source: 'Heroku Dev Center, HTTP routing' },
  ],
}
