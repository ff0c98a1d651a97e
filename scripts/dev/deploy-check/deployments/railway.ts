import { railway } from '../profiles/railway.ts'
import { repositoryName } from '../project.ts'
import { commandOf, type Deployment, newDeployment, type Variable } from './deployment.ts'

interface Resource {
  address: string
  type: string
  engine?: string
  source?: { repo?: string; branch?: string }
  deploy?: {
    preDeployCommand?: string[]
    startCommand?: string
    healthcheckPath?: string
    drainingSeconds?: number
    numReplicas?: number
  }
  variables?: Record<string, { type: string; value?: unknown; resource?: string }>
}

interface TemplateService {
  name: string
  image?: string
  repository?: string
  branch?: string
  preDeployCommand?: string
  healthcheckPath?: string
  drainingSeconds?: number
  variables?: Record<string, string>
}

/** @param manifest what railway.ts evaluates to */
export function readRailwayProgram(file: string, manifest: unknown): Deployment {
  const { resources } = manifest as { resources: Resource[] }
  const addresses = resources.map(({ address }) => address)
  const service = resources.find(({ type }) => type === 'service')
  const { deploy = {}, variables = {}, source } = service ?? {}
  return {
    ...newDeployment(railway, file),
    variables: Object.entries(variables).map(([name, { type, value }]): Variable => {
      if (type === 'reference') return { name, origin: 'database' }
      return type === 'literal' ? { name, value: String(value), origin: 'literal' } : { name, origin: 'secret' }
    }),
    databaseProblems: resources.some(({ engine }) => engine === 'postgres') ? [] : ['there is no postgres database'],
    dangling: Object.entries(variables)
      .filter(([, { resource }]) => resource !== undefined && !addresses.includes(resource))
      .map(([name, { resource }]) => `${name}: there is no ${resource}`),
    migration: commandOf('preDeploy', deploy.preDeployCommand?.[0]),
    commands: [commandOf('start', deploy.startCommand)].filter((command) => command !== undefined),
    probes: [deploy.healthcheckPath ?? ''],
    instances: deploy.numReplicas ?? 1,
    graceSeconds: deploy.drainingSeconds ?? railway.graceSeconds,
    sources: [{ repository: source?.repo, branch: source?.branch }],
  }
}

/** What a person is to put into Railway's composer. */
export function readRailwayTemplate(file: string, manifest: unknown): Deployment {
  const { services } = manifest as { services: TemplateService[] }
  const service = services.find(({ repository }) => repository !== undefined)
  const { variables = {}, ...rest } = service ?? { name: '' }
  const names = services.map(({ name }) => name)
  return {
    ...newDeployment(railway, file),
    variables: Object.entries(variables).map(([name, value]) => templateVariable(name, value)),
    databaseProblems: services.some(({ image = '' }) => image.includes('postgres')) ? [] : ['there is no database'],
    dangling: Object.entries(variables).flatMap(([name, value]) =>
      Array.from(value.matchAll(/\$\{\{(\w+)\.\w+\}\}/g))
        .filter(([, service = '']) => !names.includes(service))
        .map(([reference]) => `${name}: ${reference} leads nowhere`),
    ),
    migration: commandOf('preDeployCommand', rest.preDeployCommand),
    probes: [rest.healthcheckPath ?? ''],
    graceSeconds: rest.drainingSeconds ?? railway.graceSeconds,
    sources: [{ repository: repositoryName(rest.repository), branch: rest.branch }],
  }
}

function templateVariable(name: string, value: string): Variable {
  if (/^\$\{\{\w+\.DATABASE_URL\}\}$/.test(value)) return { name, origin: 'database' }
  const [, length] = /^\$\{\{secret\((\d+)(?:, *"[^"]+")?\)\}\}$/.exec(value) ?? []
  if (length !== undefined) return { name, origin: 'secret', length: Number(length) }
  return { name, value, origin: 'literal' }
}
