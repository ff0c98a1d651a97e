import { join } from 'node:path'
import { test } from 'tap'
import type { Deployment } from '../../scripts/deploy-check/deployments/deployment.ts'
import type { ImageFacts } from '../../scripts/deploy-check/dockerfile.ts'
import { checkPhases } from '../../scripts/deploy-check/phases/phases.ts'
import { Project } from '../../scripts/deploy-check/project.ts'
import { checkStatically } from '../../scripts/deploy-check/static.ts'
import { withoutOpenssl } from '../support/certificates.ts'

const project = new Project(join(import.meta.dirname, '../..'))
const { deployments, image } = await checkStatically(project)
const skip = process.platform === 'win32' ? 'no POSIX shell' : await withoutOpenssl()

const deploymentOf = (file: string) => deployments.find((one) => one.file === file) as Deployment

const literal = (name: string, value: string) => ({ name, value, origin: 'literal' as const })

function withVariable(file: string, name: string, value?: string): Deployment {
  const deployment = deploymentOf(file)
  const others = deployment.variables.filter((variable) => variable.name !== name)
  return { ...deployment, variables: value === undefined ? others : [...others, literal(name, value)] }
}

const started = (...command: string[]): ImageFacts => ({ ...image, command })

test('a database that demands TLS by an authority of its own is migrated, used, left and found again', {
  skip,
}, async (t) => {
  const results = await checkPhases(project, [deploymentOf('.do/deploy.template.yaml')], image)
  // Without a network nothing can be installed, and without a private address nobody can be the edge.
  const good = results.map(({ id, status }) => `${id} ${status === 'not run' ? 'pass' : status}`)
  const ids = ['C1', 'C2', 'C3', 'C4', 'C5', 'C5', 'C7', 'C6', 'C8', 'C11', 'C10', 'C9', 'C12']
  t.strictSame(
    good,
    ids.map((id) => `${id} pass`),
    JSON.stringify(results),
  )
})

const SERVER = ['--import', './src/node-version.js', 'src/server.ts']

const FAULTS: { id: string; what: string; deployment: Deployment; image?: ImageFacts; said: RegExp }[] = [
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
    id: 'C4',
    what: 'a migration that cannot be repeated',
    deployment: {
      ...deploymentOf('render.yaml'),
      migration: { where: '', text: 'node scripts/migrate.ts up && node scripts/migrate.ts down --yes' },
    },
    said: /took something back/,
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
    id: 'C6',
    what: 'a probe that is led elsewhere',
    deployment: { ...deploymentOf('docker-compose.yml'), probes: ['/swagger-ui'] },
    said: /\/swagger-ui answers 302/,
  },
  {
    id: 'C5',
    what: 'a service that listens to its own machine alone',
    deployment: withVariable('docker-compose.yml', 'HOST', '127.0.0.1'),
    said: /does not answer on/,
  },
  {
    id: 'C8',
    what: 'nobody trusted, so that all clients are one',
    deployment: withVariable('app.json', 'TRUST_PROXY'),
    said: /the client was taken for/,
  },
  {
    id: 'C9',
    what: 'a database on a disk that is thrown away',
    deployment: deploymentOf('docker-compose.yml'),
    image: started(
      'node',
      '--import',
      `data:text/javascript,process.env.DATABASE_URL=process.env.DATABASE_URL.replace('stock.db',process.cwd().split('/').at(-1))`,
      ...SERVER,
    ),
    said: /0 of 2 movements are left/,
  },
  {
    id: 'C10',
    what: 'a shell that keeps the signal to itself',
    deployment: { ...deploymentOf('docker-compose.yml'), graceSeconds: 2 },
    image: started('/bin/sh', '-c', `node ${SERVER.join(' ')}; true`),
    said: /did not end within 2 s|ended with SIGTERM/,
  },
  {
    id: 'C12',
    what: 'a secret in the log',
    deployment: deploymentOf('docker-compose.yml'),
    image: started('node', '--import', 'data:text/javascript,console.error(process.env.SECRET_KEY)', ...SERVER),
    said: /a secret is in the log/,
  },
]

for (const fault of FAULTS) {
  test(`${fault.id} finds ${fault.what}`, { skip }, async (t) => {
    const results = await checkPhases(project, [fault.deployment], fault.image ?? image)
    const failed = results.filter(({ status }) => status === 'fail')
    t.strictSame(
      failed.map(({ id }) => id),
      [fault.id],
      JSON.stringify(results),
    )
    t.match(failed[0]?.evidence, fault.said)
  })
}
