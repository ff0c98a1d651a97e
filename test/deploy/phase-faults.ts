/** What goes wrong with deployments, by the phase that must find it. */
import { deploymentOf, type Fault, startedAfter, startedByShell, withVariable } from '../support/deployments.ts'

export const MIGRATION_FAULTS: Fault[] = [
  {
    id: 'C3',
    what: 'no TLS where it is demanded',
    deployment: withVariable('app.json', 'DATABASE_SSL', 'disable'),
    said: /no encryption/,
  },
  {
    id: 'C3',
    what: 'a certificate that nobody can verify',
    deployment: withVariable('app.json', 'DATABASE_SSL', 'verify-full'),
    said: /certificate/,
  },
  {
    id: 'C3',
    what: 'a migration that does not wait for the database',
    deployment: {
      ...deploymentOf('render.yaml'),
      migration: { where: '', text: 'node scripts/migrate.ts up --wait 0' },
    },
    said: /No answer from the database/,
  },
  {
    id: 'C4',
    what: 'a migration that cannot be repeated',
    deployment: {
      ...deploymentOf('render.yaml'),
      migration: { where: '', text: 'node scripts/migrate.ts up && node scripts/migrate.ts down --yes' },
    },
    said: /took something back/,
  },
]

export const SERVICE_FAULTS: Fault[] = [
  {
    id: 'C5',
    what: 'a service that listens to its own machine alone',
    deployment: withVariable('docker-compose.yml', 'HOST', '127.0.0.1'),
    said: /does not answer on/,
  },
  {
    id: 'C6',
    what: 'a probe that is led elsewhere',
    deployment: { ...deploymentOf('docker-compose.yml'), probes: ['/swagger-ui'] },
    said: /\/swagger-ui answers 302/,
  },
  {
    id: 'C8',
    what: 'nobody trusted, so that all clients are one',
    deployment: withVariable('app.json', 'TRUST_PROXY'),
    said: /the client was taken for/,
  },
]

export const END_FAULTS: Fault[] = [
  {
    id: 'C9',
    what: 'a database on a disk that is thrown away',
    deployment: deploymentOf('docker-compose.yml'),
    image: startedAfter(
      `process.env.DATABASE_URL=process.env.DATABASE_URL.replace('stock.db',process.cwd().split('/').at(-1))`,
    ),
    said: /0 of 2 movements are left/,
  },
  {
    id: 'C10',
    what: 'a shell that keeps the signal to itself',
    deployment: { ...deploymentOf('docker-compose.yml'), graceSeconds: 2 },
    image: startedByShell('; true'),
    said: /did not end within 2 s|ended with SIGTERM/,
  },
  {
    id: 'C12',
    what: 'a secret in the log',
    deployment: deploymentOf('docker-compose.yml'),
    image: startedAfter('console.error(process.env.SECRET_KEY)'),
    said: /a secret is in the log/,
  },
]
