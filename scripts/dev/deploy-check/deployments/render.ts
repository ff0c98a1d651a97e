import { render } from '../profiles/render.ts'
import { commandOf, type Deployment, newDeployment, type Variable } from './deployment.ts'

interface Blueprint {
  services?: Service[]
  databases?: { name: string; ipAllowList?: unknown[] }[]
}

interface Service {
  name: string
  plan?: string
  preDeployCommand?: string
  dockerCommand?: string
  healthCheckPath?: string
  maxShutdownDelaySeconds?: number
  numInstances?: number
  disk?: { mountPath: string }
  envVars?: EnvVar[]
}

interface EnvVar {
  key: string
  value?: unknown
  generateValue?: boolean
  fromDatabase?: { name: string }
}

export function readRender(file: string, manifest: unknown): Deployment {
  const { services = [], databases = [] } = manifest as Blueprint
  const [service] = services
  const deployment = newDeployment(render, file)
  if (service === undefined) return { ...deployment, databaseProblems: ['there is no service'] }
  const names = databases.map(({ name }) => name)
  const wanted = (service.envVars ?? []).flatMap(({ fromDatabase }) => (fromDatabase ? [fromDatabase.name] : []))
  return {
    ...deployment,
    variables: (service.envVars ?? []).map(variableOf),
    databaseProblems: [
      ...(names.length === 0 ? ['there is no database'] : []),
      ...databases.filter((one) => one.ipAllowList === undefined).map(({ name }) => `${name} is open to the internet`),
    ],
    dangling: wanted.filter((name) => !names.includes(name)).map((name) => `there is no database ${name}`),
    migration: commandOf('preDeployCommand', service.preDeployCommand),
    migrationProblems: service.disk && service.preDeployCommand ? ['preDeployCommand does not see the disk'] : [],
    commands: [commandOf('dockerCommand', service.dockerCommand)].filter((command) => command !== undefined),
    probes: [service.healthCheckPath ?? ''],
    instances: service.numInstances ?? 1,
    graceSeconds: service.maxShutdownDelaySeconds ?? render.graceSeconds,
    mounts: service.disk ? [service.disk.mountPath] : [],
  }
}

function variableOf({ key: name, value, generateValue, fromDatabase }: EnvVar): Variable {
  if (fromDatabase) return { name, origin: 'database' }
  if (generateValue) return { name, origin: 'secret' }
  return value === undefined ? { name, origin: 'optional' } : { name, value: String(value), origin: 'literal' }
}
