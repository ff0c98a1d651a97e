import type { Profile } from './profile.ts'

export const digitalocean: Profile = {
  name: 'digitalocean',
  injected: {},
  knows: ['PORT', 'NODE_ENV', 'DIGITALOCEAN_APP_URL'],
  databaseUrl: 'postgresql://db:p%40ss@app-1.b.db.ondigitalocean.com:25060/db?sslmode=require',
  tls: 'authority',
  secret: 'Wm9kR2tQe7xTn4vYc1LsUaHb8JfD3pGi-KrXoE5uNzB0tV6y',
  connections: 22,
  overlaps: true,
  graceSeconds: 120,
  clientHeaders: ['do-connecting-ip'],
  ownPort: false,
  facts: [
    {
      claim: 'the database demands TLS with a certificate of a private authority',
      source: 'DigitalOcean docs, Managed databases: TLS',
    },
    { claim: 'the smallest database takes 22 connections', source: 'DigitalOcean docs, PostgreSQL limits' },
    { claim: 'an env without value is a prompt that cannot be skipped', source: 'DigitalOcean docs, Deploy button' },
    { claim: 'version 17 can be had for a development database', source: 'DigitalOcean docs, App spec' },
  ],
}
