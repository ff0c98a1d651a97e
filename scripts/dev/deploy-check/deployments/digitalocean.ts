import { digitalocean } from '../profiles/digitalocean.ts'
import { repositoryName } from '../project.ts'
import { type Command, commandOf, type Deployment, newDeployment, type Variable } from './deployment.ts'

interface Component {
  name: string
  kind?: string
  git?: { repo_clone_url: string; branch?: string }
  github?: { repo: string; branch?: string }
  run_command?: string
  http_port?: number
  instance_count?: number
  health_check?: { http_path?: string }
  liveness_health_check?: { http_path?: string }
  termination?: { grace_period_seconds?: number }
  envs?: Env[]
}

interface Env {
  key: string
  value?: string
}

interface AppSpec {
  envs?: Env[]
  services?: Component[]
  jobs?: Component[]
  databases?: { name: string; engine?: string }[]
}

const DATABASE_PROPERTIES = 'DATABASE_URL HOSTNAME PORT USERNAME PASSWORD DATABASE CA_CERT'.split(' ')
const APP_PROPERTIES = ['APP_URL', 'APP_DOMAIN', 'APP_ID']
const DEFAULT_PORT = 8080

/** @param manifest the bare spec */
export function readDigitalocean(file: string, manifest: unknown): Deployment {
  const { envs = [], services = [], jobs = [], databases = [] } = manifest as AppSpec
  const [service] = services
  const deployment = newDeployment(digitalocean, file)
  if (service === undefined) return { ...deployment, databaseProblems: ['there is no service'] }
  const all = [...envs, ...(service.envs ?? [])]
  const job = jobs.find(({ run_command }) => run_command?.includes('migrate'))
  const port = service.http_port ?? DEFAULT_PORT
  const probes = [service.health_check, service.liveness_health_check].map((check) => check?.http_path ?? '')
  return {
    ...deployment,
    profile: { ...digitalocean, injected: { PORT: String(port) } },
    variables: all.map(variableOf),
    databaseProblems: databases.some(({ engine }) => engine === 'PG') ? [] : ['there is no database with engine PG'],
    dangling: danglingIn(
      all,
      databases.map(({ name }) => name),
    ),
    migration: job && commandOf(`job ${job.name}`, job.run_command),
    migrationProblems: job && job.kind !== 'PRE_DEPLOY' ? [`job ${job.name} is not PRE_DEPLOY: it runs too late`] : [],
    commands: [commandOf('run_command', service.run_command)].filter((command): command is Command => !!command),
    probes,
    port,
    instances: service.instance_count ?? 1,
    graceSeconds: service.termination?.grace_period_seconds ?? digitalocean.graceSeconds,
    sources: [...services, ...jobs].map(({ git, github }) => ({
      repository: github?.repo ?? repositoryName(git?.repo_clone_url),
      branch: git?.branch ?? github?.branch,
    })),
  }
}

function variableOf({ key: name, value }: Env): Variable {
  if (value === undefined) return { name, origin: 'secret' }
  if (value === '') return { name, origin: 'optional' }
  if (/^\$\{[\w-]+(?:\.[\w-]+)?\.DATABASE_URL\}$/.test(value)) return { name, origin: 'database' }
  if (/^\$\{[\w-]+\.CA_CERT\}$/.test(value)) return { name, origin: 'authority' }
  return { name, value, origin: 'literal' }
}

function danglingIn(envs: Env[], databases: string[]): string[] {
  return envs.flatMap(({ key, value = '' }) =>
    Array.from(value.matchAll(/\$\{([\w-]+)(?:\.([\w.]+))?\}/g))
      .filter(([, name = '']) => name !== '_self')
      .filter(([, name = '', property]) =>
        property === undefined
          ? !APP_PROPERTIES.includes(name)
          : !databases.includes(name) || !DATABASE_PROPERTIES.includes(property),
      )
      .map(([reference]) => `${key}: ${reference} leads nowhere`),
  )
}
