import { join } from 'node:path'
import { test } from 'tap'
import type { Deployment } from '../../scripts/deploy-check/deployments/deployment.ts'
import type { ImageFacts } from '../../scripts/deploy-check/dockerfile.ts'
import { checkPhases } from '../../scripts/deploy-check/phases.ts'
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
  const results = await checkPhases(project, deploymentOf('.do/deploy.template.yaml'), image)
  t.strictSame(
    results.map(({ id, status }) => `${id} ${status}`),
    ['C4 pass', 'C6 pass', 'C7 pass', 'C8 pass', 'C10 pass', 'C12 pass', 'C9 pass'],
    JSON.stringify(results),
  )
})

const SERVER = ['--import', './src/node-version.js', 'src/server.ts']

const FAULTS: { id: string; what: string; deployment: Deployment; image?: ImageFacts; said: RegExp }[] = [
  {
    id: 'C4',
    what: 'no TLS where it is demanded',
    deployment: withVariable('app.json', 'DATABASE_SSL', 'disable'),
    said: /no encryption/,
  },
  {
    id: 'C4',
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
    said: /took back/,
  },
  {
    id: 'C4',
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
    said: /did not answer 200/,
  },
  {
    id: 'C8',
    what: 'nobody trusted, so that all clients are one',
    deployment: withVariable('app.json', 'TRUST_PROXY'),
    said: /saw 127\.0\.0\.1/,
  },
  {
    id: 'C10',
    what: 'a shell that keeps the signal to itself',
    deployment: { ...deploymentOf('docker-compose.yml'), graceSeconds: 2 },
    image: started('/bin/sh', '-c', `node ${SERVER.join(' ')}; true`),
    said: /ended with null after 2\d\d\d ms/,
  },
  {
    id: 'C12',
    what: 'a secret in the log',
    deployment: deploymentOf('docker-compose.yml'),
    image: started('node', '--import', 'data:text/javascript,console.error(process.env.SECRET_KEY)', ...SERVER),
    said: /SECRET_KEY is in the log/,
  },
]

for (const fault of FAULTS) {
  test(`${fault.id} finds ${fault.what}`, { skip }, async (t) => {
    const results = await checkPhases(project, fault.deployment, fault.image ?? image)
    const failed = results.filter(({ status }) => status === 'fail')
    t.strictSame(
      failed.map(({ id }) => id),
      [fault.id],
      JSON.stringify(results),
    )
    t.match(failed[0]?.evidence, fault.said)
  })
}
