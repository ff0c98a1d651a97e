/** What goes wrong with deployments, by the phase that must find it. */
import { built, copied, type Install } from '../../scripts/dev/deploy-check/phases/workspace.ts'
import { hasPgbouncer } from '../../scripts/dev/pooler.ts'
import { deploymentOf, type Fault, startedAfter, startedByShell, withVariable } from '../support/deployments.ts'

/** A project in which one file is another one, or gone. */
interface BuildFault {
  id: string
  what: string
  file: string
  text: string | undefined
  said: RegExp
  install?: Install
}

/** Needs no network, as the installation does. */
const copiedAndBuilt: Install = (project, app) => {
  copied(project, app)
  return built(project, app, '')
}

const LOSES_A_MOVEMENT = `
  import { Server } from 'node:http'
  const { emit } = Server.prototype
  let count = 0
  Server.prototype.emit = function (event, request, response) {
    const isMovement = event === 'request' && request.method === 'POST' && request.url === '/api/v1/movements'
    if (!isMovement || ++count < 2) return emit.apply(this, arguments)
    request.resume()
    response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  }`

const ASKS_ITS_DATABASE = `
  import { createRequire } from 'node:module'
  const { Client } = createRequire(process.cwd() + '/')('pg')
  const connect = async () => {
    const client = new Client(process.env.DATABASE_URL)
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const leave = (why) => {
    console.error(why)
    process.exit(1)
  }`

/** And takes them again when they are lost. */
const HOLDS_TWELVE_CONNECTIONS = `${ASKS_ITS_DATABASE}
  const hold = async () => (await connect()).on('end', again)
  const again = () => setTimeout(() => hold().catch(again), 50)
  for (let count = 0; count < 12; count += 1) await hold().catch((error) => leave(error.message))`

const WANTS_TO_BE_ALONE = `${ASKS_ITS_DATABASE}
  if (process.env.MIGRATE_ON_START === 'true') {
    const { rows } = await (await connect()).query('select pg_try_advisory_lock(7) as alone')
    if (!rows[0].alone) leave('somebody else is here')
  }`

export const BUILD_FAULTS: BuildFault[] = [
  {
    id: 'C1',
    what: 'packages of which nobody wrote down the versions',
    file: 'package-lock.json',
    text: undefined,
    said: /^npm could not install: .*EUSAGE/,
  },
  {
    id: 'C1',
    what: 'a build that reaches for a database',
    file: 'scripts/dev/image/warm-up.ts',
    text: "import pg from 'pg'\nawait new pg.Client().connect()\n",
    said: /^warm-up\.ts: .*ECONNREFUSED/,
    install: copiedAndBuilt,
  },
]

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
    id: 'C7',
    what: 'a password that nobody knows',
    deployment: deploymentOf('docker-compose.yml'),
    image: startedAfter("process.env.ADMIN_PASSWORD = 'Tr0ub4dor and three more'"),
    said: /could not log in/,
  },
  {
    id: 'C7',
    what: 'a movement that is confirmed and lost',
    deployment: deploymentOf('docker-compose.yml'),
    image: startedAfter(LOSES_A_MOVEMENT),
    said: /of 5 less 2 there are 5$/,
  },
  {
    id: 'C8',
    what: 'nobody trusted, so that all clients are one',
    deployment: withVariable('app.json', 'TRUST_PROXY'),
    said: /the client was taken for/,
  },
]

export const OVERLAP_FAULTS: Fault[] = [
  {
    id: 'C11',
    what: 'more connections than the plan has for two versions',
    deployment: { ...deploymentOf('docker-compose.postgresql.yml'), connections: 20 },
    image: startedAfter(HOLDS_TWELVE_CONNECTIONS),
    said: /does not serve beside the old one: .*(?:too many clients|connection slots)/s,
  },
  {
    id: 'C11',
    what: 'a service that migrates only when it is alone',
    deployment: deploymentOf('docker-compose.postgresql.yml'),
    image: startedAfter(WANTS_TO_BE_ALONE),
    said: /^of two that migrate at the start one does not come up: .*somebody else is here/s,
  },
  {
    id: 'C13',
    what: 'a setting that no pooler lets pass',
    deployment: withVariable('docker-compose.postgresql.yml', 'PGOPTIONS', '-c statement_timeout=5000'),
    said: /^behind a pooler it is not ready: .*unsupported startup parameter/s,
    skip: hasPgbouncer() ? false : 'pgbouncer is not installed',
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
