/** Layer C: each deployment run as local processes, the way its platform would, against a real PostgreSQL. */

import { hasPgbouncer } from '../../pooler.ts'
import type { Deployment } from '../deployments/deployment.ts'
import type { ImageFacts } from '../dockerfile.ts'
import type { Project } from '../project.ts'
import { type Result, resultOf, type Status } from '../results.ts'
import { type LiveDatabase, startDatabase } from './databases.ts'
import { knowsItsClient, outsideAddresses, privateAddress } from './edge.ts'
import { readLogs } from './logs.ts'
import { comesLate, isRepeatable, survivesAKill, survivesTwo } from './migrations.ts'
import { overlaps } from './overlap.ts'
import { worksPooled } from './pooled.ts'
import { ask, end, type Service, until } from './programs.ts'
import { START_MS, Stage } from './stage.ts'
import { stopsWell } from './stop.ts'
import { type Credentials, countMovements, useService } from './use.ts'
import { freshCopy, makeWorkspace, type Workspace } from './workspace.ts'

/** C1 is the workspace's, C2 a fact that every other one needs. */
export const PHASES = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C10', 'C11', 'C12', 'C13'] as const
type PhaseId = (typeof PHASES)[number]

/** How soon a probe has to be answered, also while the database is away. */
const PROBE_MS = 5000

/** Every phase of these deployments, in the order a platform has them. */
export async function checkPhases(project: Project, deployments: Deployment[], image: ImageFacts): Promise<Result[]> {
  const workspace = await makeWorkspace(project)
  try {
    const results = [workspace.result]
    if (workspace.result.status === 'fail') return results
    // One after the other: two databases and services at a time would measure each other.
    for (const deployment of deployments) results.push(...(await checkDeployment(deployment, image, workspace)))
    return results
  } finally {
    workspace.remove()
  }
}

/** Every phase of one deployment, in a workspace that others may have been played in before. */
export async function checkDeployment(
  deployment: Deployment,
  image: ImageFacts,
  workspace: Workspace,
): Promise<Result[]> {
  const { profile, file, engine } = deployment
  const of = { profile: profile.name, file }
  let database: LiveDatabase | undefined
  try {
    if (engine === 'postgresql') database = await startDatabase(profile, limitOf(deployment))
  } catch (error) {
    return [{ ...of, id: 'C2', status: 'not run', evidence: (error as Error).message }]
  }
  const stage = new Stage(deployment, image, database, workspace)
  const results: Result[] = database ? [{ ...of, id: 'C2', status: 'pass', evidence: database.described }] : []
  try {
    const run = new Run(stage, (id, problems, good) => {
      results.push(
        resultOf(
          { ...of, id },
          problems.map((problem) => masked(problem, stage.secrets)),
          good,
        ),
      )
      return problems.length === 0
    })
    await run.all((id, status, evidence) => results.push({ ...of, id, status, evidence }))
  } catch (error) {
    results.push(resultOf({ ...of, id: 'C' }, [`it broke off: ${(error as Error).stack}`]))
  } finally {
    for (const running of stage.logs) await end(running)
    await database?.server.stop()
  }
  return results
}

const limitOf = ({ connections, profile }: Deployment): number => connections ?? profile.connections

const masked = (text: string, secrets: string[]): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret, '<secret>'), text)

/** @returns whether there were no problems */
type Tell = (id: PhaseId, problems: string[], good?: string) => boolean
/** For what was not run, or is only assumed. */
type Excuse = (id: PhaseId, status: Status, why: string) => void

class Run {
  readonly #stage: Stage
  readonly #tell: Tell

  constructor(stage: Stage, tell: Tell) {
    this.#stage = stage
    this.#tell = tell
  }

  async all(excuse: Excuse): Promise<void> {
    const { database } = this.#stage
    if (database && this.#stage.deployment.migration) {
      if (!(await this.#migrate(database))) return
      await this.#startUnmigrated(database)
    }
    const service = await this.#start()
    if (service === undefined) return
    const credentials = this.#stage.credentials(service.running.log())
    const use = await useService(service.port, credentials, 1)
    // Whoever cannot use it has nothing to find again.
    if (!this.#tell('C7', use, 'log in, create, receive, issue, search, prove')) return
    await this.#health(service)
    await this.#client(service, excuse)
    if (database) await this.#overlap(service, database)
    if (database) await this.#pooled(database, excuse)
    const { problems, ms } = await stopsWell(this.#stage, service, credentials)
    const grace = this.#stage.deployment.graceSeconds
    this.#tell('C10', problems, `ended with 0 after ${ms} ms of ${grace} s, the request under way answered`)
    await this.#restart(credentials)
    this.#logs()
  }

  async #migrate(database: LiveDatabase): Promise<boolean> {
    const late = await comesLate(this.#stage, database)
    if (!this.#tell('C3', late, 'waited 3 s for the database, then migrated')) return false
    const problems = await isRepeatable(this.#stage, database)
    if (problems.length === 0) {
      problems.push(...(await survivesTwo(this.#stage, database)), ...(await survivesAKill(this.#stage, database)))
    }
    return this.#tell('C4', problems, 'twice, two at once, and after a kill: the same schema')
  }

  /** Where the step before the start was skipped, the service must not say that it is ready, or must migrate itself. */
  async #startUnmigrated(database: LiveDatabase): Promise<void> {
    await database.make('untouched')
    const service = await this.#stage.serve({ url: database.url('untouched') })
    const { port, running } = service
    const isUp = await until(service, '/health', 200, START_MS)
    const ready = await ask(port, '/ready')
    await end(running)
    const expected = this.#stage.environment().MIGRATE_ON_START === 'true' ? 200 : 503
    const problems = [
      ...(isUp ? [] : [`on an empty database it does not come up: ${running.log().slice(-300)}`]),
      ...(isUp && ready.status !== expected ? [`on an empty database /ready answers ${ready.status}`] : []),
    ]
    this.#tell('C5', problems, `on an empty database /ready answers ${expected}`)
  }

  async #start() {
    const began = performance.now()
    const service = await this.#stage.serve()
    const isReady = await until(service, '/ready', 200, START_MS)
    const ms = Math.round(performance.now() - began)
    const addresses = ['127.0.0.1', ...outsideAddresses()]
    const answers = await Promise.all(addresses.map((host) => ask(service.port, '/health', { host })))
    const deaf = addresses.filter((_, index) => answers[index]?.status !== 200)
    const problems = [
      ...(isReady ? [] : [`not ready within ${START_MS / 1000} s: ${service.running.log().slice(-500)}`]),
      ...deaf.map((host) => `it does not answer on ${host}`),
    ]
    this.#tell('C5', problems, `ready after ${ms} ms, on ${addresses.join(', ')}`)
    return isReady ? service : undefined
  }

  /** As the platform probes it, also while the database is away. */
  async #health(service: Service): Promise<void> {
    const { probes, profile } = this.#stage.deployment
    const headers = { host: profile.name === 'railway' ? 'healthcheck.railway.app' : 'internal' }
    const paths = probes.length > 0 ? probes : ['/health']
    const well = await Promise.all(paths.map((path) => ask(service.port, path, { headers, timeoutMs: PROBE_MS })))
    const problems = paths.flatMap((path, index) =>
      well[index]?.status === 200 ? [] : [`${path} answers ${well[index]?.status}`],
    )
    const { database } = this.#stage
    if (database) problems.push(...(await this.#withoutDatabase(service, database)))
    const away = database ? '; without the database /ready 503, /health 200; recovers by itself' : ''
    this.#tell('C6', problems, `${paths.join(', ')} 200${away}`)
  }

  async #withoutDatabase(service: Service, { server }: LiveDatabase): Promise<string[]> {
    const { port } = service
    await server.halt()
    const away = await ask(port, '/ready', { timeoutMs: PROBE_MS })
    const alive = await ask(port, '/health', { timeoutMs: PROBE_MS })
    await server.resume()
    const isBack = await until(service, '/ready', 200, 15_000)
    return [
      ...(away.status === 503 ? [] : [`without its database /ready answers ${away.status}`]),
      ...(alive.status === 200 ? [] : [`without its database /health answers ${alive.status}`]),
      ...(isBack ? [] : ['it does not recover when the database is back']),
    ]
  }

  async #client(service: Service, excuse: Excuse): Promise<void> {
    const { profile } = this.#stage.deployment
    if (profile.clientHeaders === undefined) return
    const edge = privateAddress()
    if (edge === undefined) return excuse('C8', 'not run', 'this machine has no address in a private network')
    const evidence = 'the client is known through the edge, and a stranger is not believed'
    this.#tell('C8', await knowsItsClient(profile, service, edge), evidence)
  }

  async #overlap(old: Service, database: LiveDatabase): Promise<void> {
    const { problems, used } = await overlaps(this.#stage, old, database)
    const limit = limitOf(this.#stage.deployment)
    const good = `side by side with ${used} of ${limit} connections; two that migrate at once both come up`
    this.#tell('C11', problems, good)
  }

  /** No platform puts a pooler there by itself, so that nothing is missing where there is none. */
  async #pooled(database: LiveDatabase, excuse: Excuse): Promise<void> {
    const { profile, migration } = this.#stage.deployment
    // One inside the platform's network, which speaks no TLS.
    if (profile.tls !== 'none' || migration === undefined) return
    if (!hasPgbouncer()) {
      return excuse('C13', 'assumed', 'it works behind a pooler by transaction (pgbouncer is not installed)')
    }
    const good = 'migrated past a pooler by transaction and used through it'
    this.#tell('C13', await worksPooled(this.#stage, database), good)
  }

  /** In a new folder, as after a restart on a disk that was thrown away. */
  async #restart(credentials: Credentials): Promise<void> {
    const service = await this.#stage.serve({ cwd: freshCopy(this.#stage.workspace) })
    const { port } = service
    const isReady = await until(service, '/ready', 200, START_MS)
    const kept = isReady ? await countMovements(port, credentials) : 0
    const problems = [
      ...(isReady ? [] : ['it does not come up again']),
      ...(kept === 2 ? [] : [`${kept} of 2 movements are left`]),
      ...(isReady ? await useService(port, credentials, 2) : []),
    ]
    this.#tell('C9', problems, 'after a restart on a new disk everything is there')
  }

  #logs(): void {
    const { problems, lines } = readLogs(this.#stage)
    this.#tell('C12', problems, `${lines} lines of JSON with level and time, and no secret`)
  }
}
