/** Rules on what surrounds the service: its database, migrations, probes, port, stop and disk. */
import type { Deployment } from './deployments/deployment.ts'
import { isAboutDisk } from './environment.ts'
import { commandProblems, isShellSafe } from './image-commands.ts'
import type { Context, Rule } from './rules.ts'

const MIGRATION_CONNECTIONS = 2

/** Without a database URL another rule complains, and the image's SQLite would be judged here. */
const withoutDatabase = ({ variables, engine, profile }: Deployment) =>
  engine === 'postgresql' &&
  !variables.some(({ name }) => name === 'DATABASE_URL') &&
  !('DATABASE_URL' in profile.injected)

export const platformRules: Rule[] = [
  { id: 'B6', title: 'every reference leads somewhere', check: ({ dangling }) => dangling },
  { id: 'B7', title: 'the database is in the manifest', check: ({ databaseProblems }) => databaseProblems },
  { id: 'B8', title: 'TLS to the database can work', skip: withoutDatabase, check: tlsProblems },
  { id: 'B9', title: 'migrations run before the service starts', check: migrationProblems },
  {
    id: 'B10',
    title: 'commands run what is in the image',
    check: ({ commands, migration }, { project }) =>
      [...commands, ...(migration ? [migration] : [])].flatMap((command) => commandProblems(project, command)),
  },
  { id: 'B11', title: 'probes ask routes that answer 200 without a token', check: probeProblems },
  { id: 'B12', title: 'the service listens where the platform looks', check: portProblems },
  { id: 'B13', title: 'the service has time to stop, and is told to', check: stopProblems },
  { id: 'B14', title: 'SQLite only on a disk that stays', skip: withoutDatabase, check: diskProblems },
  {
    id: 'B15',
    title: 'the database takes all connections',
    skip: ({ engine }) => engine === 'sqlite',
    check: poolProblems,
  },
  { id: 'B20', title: 'images name a version and keep their data', check: ({ imageProblems }) => imageProblems },
]

function tlsProblems({ profile }: Deployment, { outcome }: Context): string[] {
  const database = outcome.config?.database
  if (database?.engine !== 'postgresql') return []
  const { ssl } = database.connection
  if (profile.tls === 'none') return ssl === false ? [] : ['TLS is on, and this database does not speak it']
  if (ssl === false) return ['TLS is off, and this database refuses such connections: set DATABASE_SSL']
  const { ca, rejectUnauthorized } = ssl as { ca?: unknown; rejectUnauthorized?: boolean }
  if (profile.tls === 'unverifiable') {
    return rejectUnauthorized === false
      ? []
      : ['the certificate would be verified, and cannot be: DATABASE_SSL=no-verify']
  }
  return ca === undefined ? ['nobody checks who answers: DATABASE_CA_CERT is not set'] : []
}

function migrationProblems({ engine, migration, migrationProblems, file }: Deployment, { outcome }: Context): string[] {
  const atStart = outcome.config?.migrateOnStart ?? false
  const runs = migration?.text.includes('scripts/migrate.ts up') || migration?.text.includes('npm run migrate -- up')
  if (engine === 'sqlite') return outcome.config === undefined || atStart ? [] : [`nothing in ${file} migrates`]
  const nothing = runs || atStart ? [] : [`nothing in ${file} runs the migrations, and the start does not`]
  return [...migrationProblems, ...nothing]
}

function probeProblems({ probes }: Deployment, { project }: Context): string[] {
  const { paths } = project.json<{ paths: Record<string, { get?: { security?: unknown[]; responses?: object } }> }>(
    'openapi/openapi.json',
  )
  return probes.flatMap((probe) => {
    const get = paths[probe]?.get
    if (probe === '') return ['no path is probed, so a service that cannot serve would pass']
    if (get === undefined) return [`${probe} is no route of the service`]
    return get.security?.length === 0 && '200' in (get.responses ?? {}) ? [] : [`${probe} needs a token`]
  })
}

function portProblems({ variables, profile, portProblems, port }: Deployment, { image }: Context): string[] {
  const host = variables.find(({ name }) => name === 'HOST')?.value
  const set = variables.some(({ name, origin }) => name === 'PORT' && origin === 'literal')
  return [
    ...portProblems,
    ...(set && !profile.ownPort ? ['PORT is the platform’s to choose'] : []),
    ...(host === undefined ? [] : [`HOST=${host} keeps the platform out`]),
    ...(profile.ownPort && port !== undefined && !image.ports.includes(port)
      ? [`the image does not expose ${port}`]
      : []),
  ]
}

function stopProblems({ graceSeconds, commands }: Deployment, { project, image }: Context): string[] {
  const [, stopMs] = /\bSTOP_MS = ([\d_]+)/.exec(project.read('src/server.ts') ?? '') ?? []
  const needed = Number(stopMs?.replaceAll('_', '')) / 1000
  const tooShort = !(graceSeconds > needed)
  const shells = commands.filter((command) => !isShellSafe(command)).map(({ where }) => `${where} must begin with exec`)
  const [program = ''] = image.command ?? []
  return [
    ...(tooShort ? [`it is killed after ${graceSeconds} s, and may take ${needed} s`] : []),
    ...(commands.length === 0 && program !== 'node' ? ['CMD is not the exec form of node: the signal gets lost'] : []),
    ...shells,
  ]
}

function diskProblems({ mounts, profile, instances, engine }: Deployment, { outcome }: Context): string[] {
  const refused = outcome.problems.filter(isAboutDisk).map(({ variable, text }) => `${variable} ${text}`)
  const database = outcome.config?.database
  if (database?.engine !== 'sqlite') return refused
  const { file } = database
  const stays = mounts.some((mount) => file.startsWith(`${mount.replace(/\/$/, '')}/`))
  return [
    ...(engine === 'postgresql' ? ['the database is SQLite, not the one in the manifest'] : []),
    ...(stays ? [] : [`${file} is on no disk that stays on ${profile.name}`]),
    ...(instances > 1 ? ['SQLite serves one instance'] : []),
  ]
}

function poolProblems(deployment: Deployment, { outcome }: Context): string[] {
  const { profile, instances, connections = profile.connections } = deployment
  if (outcome.config === undefined) return []
  const perVersion = instances * outcome.config.workers * outcome.config.dbPoolSize
  const needed = perVersion * (profile.overlaps ? 2 : 1) + MIGRATION_CONNECTIONS
  return needed <= connections ? [] : [`up to ${needed} connections are opened, the database takes ${connections}`]
}
