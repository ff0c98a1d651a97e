import { compose } from '../profiles/compose.ts'
import { type ComposeFile, imageProblems, type Service, secondsOf } from './compose-services.ts'
import { type Command, type Deployment, newDeployment, type Variable } from './deployment.ts'

/** Kept by PostgreSQL for its superuser. */
const RESERVED_CONNECTIONS = 3

export function readCompose(file: string, manifest: unknown): Deployment {
  const { services = {}, ...rest } = manifest as ComposeFile
  const { api, db, migrate } = services
  const deployment = newDeployment(compose, file)
  if (api === undefined) return { ...deployment, databaseProblems: ['there is no service api'] }
  const variables = Object.entries(api.environment ?? {}).map(([name, value]) => variableOf(name, value))
  const instances = Object.values(services).filter(({ image, command }) => image === api.image && !command).length
  const max = /max_connections=(\d+)/.exec(textOf(db?.command))?.[1]
  return {
    ...deployment,
    variables,
    engine: db === undefined ? 'sqlite' : 'postgresql',
    dangling: danglingIn({ services, ...rest }),
    migration: migrate && { where: 'service migrate', text: textOf(migrate.command) },
    migrationProblems: migrate === undefined ? [] : migrationProblems(api, migrate),
    commands: Object.entries(services).flatMap(([name, service]) => ownCommand(name, service, api) ?? []),
    port: containerPort(api),
    portProblems: portProblems(api, variables),
    instances,
    connections: max === undefined ? undefined : Number(max) - RESERVED_CONNECTIONS,
    graceSeconds: secondsOf(api.stop_grace_period) ?? compose.graceSeconds,
    mounts: (api.volumes ?? []).map(targetOf),
    imageProblems: imageProblems(services),
  }
}

function variableOf(name: string, raw: unknown): Variable {
  if (raw === null || raw === undefined) return { name, origin: 'optional' }
  const text = String(raw)
  if (/^\$\{\w+:\?[^}]*\}$/.test(text)) return { name, origin: 'secret' }
  const value = text
    .replace(/\$\{\w+:\?[^}]*\}/g, compose.secret)
    .replace(/\$\{\w+:-([^}]*)\}/g, '$1')
    .replace(/\$\{\w+\}/g, '')
  if (value === '') return { name, origin: 'optional' }
  return { name, value, origin: name === 'DATABASE_URL' && text !== value ? 'database' : 'literal' }
}

const textOf = (command: unknown) => (Array.isArray(command) ? command.join(' ') : String(command ?? ''))

/** A command that takes the place of the image's own one. */
function ownCommand(name: string, service: Service, api: Service): Command | undefined {
  if (service.image !== api.image || service.command === undefined || name === 'migrate') return undefined
  // A list is started without a shell.
  const text = `${Array.isArray(service.command) ? 'exec ' : ''}${textOf(service.command)}`
  return { where: `service ${name}`, text }
}

function migrationProblems(api: Service, migrate: Service): string[] {
  const conditions = api.depends_on as Record<string, { condition?: string }> | undefined
  const waits = conditions?.migrate?.condition === 'service_completed_successfully'
  return [
    ...(waits ? [] : ['api does not wait for migrate to have succeeded']),
    ...(migrate.restart === 'no' ? [] : ['migrate must not be restarted (restart: "no")']),
  ]
}

function danglingIn({ services = {}, volumes, networks, configs }: ComposeFile): string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const missing = (kind: string, used: string[], known: object | undefined) =>
      used.filter((one) => known === undefined || !(one in known)).map((one) => `${name}: there is no ${kind} ${one}`)
    const conditions = Object.entries((service.depends_on ?? {}) as Record<string, { condition?: string }>)
    const unhealthy = conditions
      .filter(([one, { condition }]) => condition === 'service_healthy' && !services[one]?.healthcheck)
      .map(([one]) => `${name} waits for the health of ${one}, which has no healthcheck`)
    return [
      ...missing('service', Object.keys(service.depends_on ?? {}), services),
      ...missing('volume', namedVolumes(service), volumes ?? {}),
      ...missing('network', service.networks ?? [], networks ?? {}),
      ...missing(
        'config',
        (service.configs ?? []).map(({ source }) => source),
        configs ?? {},
      ),
      ...unhealthy,
    ]
  })
}

function namedVolumes({ volumes = [] }: Service): string[] {
  return volumes.map((volume) => volume.split(':')[0] ?? '').filter((source) => /^\w/.test(source))
}

const targetOf = (volume: string) => volume.split(':')[1] ?? ''

function containerPort({ ports = [] }: Service): number | undefined {
  const [, port] = /:(\d+)$/.exec(String(ports[0] ?? '')) ?? []
  return port === undefined ? undefined : Number(port)
}

function portProblems(api: Service, variables: Variable[]): string[] {
  const port = containerPort(api)
  const set = variables.find(({ name }) => name === 'PORT')?.value
  if (port === undefined) return ['api publishes no port']
  return set === undefined || Number(set) === port ? [] : [`PORT is ${set}, but port ${port} is published`]
}
