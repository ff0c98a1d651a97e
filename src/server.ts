import './process/node-version.js'
import cluster from 'node:cluster'
import { join, parse } from 'node:path'
import closeWithGrace from 'close-with-grace'
import type { FastifyBaseLogger } from 'fastify'
import { buildApp } from './app.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { Migrations } from './db/migrator.ts'
import { openStore } from './db/open.ts'
import type { Effects } from './http/effects.ts'
import { JobRunner } from './jobs/runner.ts'
import { jobs } from './jobs.ts'
import { ensureAdministrator } from './modules/users/service.ts'
import { listen } from './process/listen.ts'
import { createLog } from './process/log.ts'
import { prepareDatabase } from './process/prepare-database.ts'
import { openRedis } from './process/redis.ts'
import { announce, welcome } from './process/welcome.ts'
import { STOP, supervise, workerNumber } from './process/workers.ts'
import { reasonOf } from './values/caught.ts'

/** A stop takes no longer than this, whatever a request is doing. */
const STOP_MS = 8000
/** Workers end by themselves; one that does not has had its time by then. */
const WORKERS_STOP_MS = STOP_MS + 1000

try {
  await start(loadConfig())
} catch (error) {
  // People read this line, so it is no JSON; a stack would hide what is to be done.
  console.error(error instanceof ConfigError ? error.message : `The service could not start: ${reasonOf(error)}`)
  process.exit(1)
}

async function start(config: Config): Promise<void> {
  const log = await openLog(config)
  if (cluster.isWorker || config.workers === 1) return await serve(config, log)
  for (const notice of config.notices) log.warn(notice)
  supervise(config.workers, WORKERS_STOP_MS, log)
}

/** Each worker writes a file of its own: rotating one that others write would lose lines. */
async function openLog(config: Config): Promise<FastifyBaseLogger> {
  const { logFile, logFileSize: size, logFileCount: count, logLevel: level, nodeEnv } = config
  const number = workerNumber()
  const file = logFile === undefined ? undefined : { path: ofWorker(logFile, number), size, count }
  return await createLog({ level, pretty: nodeEnv === 'development', file })
}

function ofWorker(file: string, number: number | undefined): string {
  const { dir, name, ext } = parse(file)
  return number === undefined ? file : join(dir, `${name}-${number}${ext}`)
}

async function serve(config: Config, log: FastifyBaseLogger): Promise<void> {
  const development = config.nodeEnv === 'development'
  if (cluster.isPrimary) for (const notice of config.notices) log.warn(notice)
  const store = await openStore(config.database, {
    poolSize: config.dbPoolSize,
    waitMs: config.dbPoolTimeout * 1000,
    onPoolError: (error) => log.warn({ err: error }, 'a database connection broke'),
  })
  const migrations = new Migrations(store)
  await prepareDatabase(migrations, { migrate: config.migrateOnStart, log })
  const redis = config.redis && (await openRedis(config.redis, log))
  // In production stdout is the log, and nothing but.
  const print = development ? console.log : console.error
  const onReady = async (effects: Effects) => announce(await ensureAdministrator({ store, effects }, config), print)
  const app = await buildApp({ config, store, migrations, log, redis, onReady })
  // Not fatal: until somebody migrates, /ready answers 503 and so does everything else.
  await app.readiness.require().catch((error) => log.warn(reasonOf(error)))
  const runner = new JobRunner(jobs, { store, effects: app.effects, log, ready: () => app.readiness.require() })
  runner.start()
  const port = await listen(app, config)
  if ((workerNumber() ?? 1) === 1) welcome(port, config)
  endWell(log, async () => {
    app.readiness.stop()
    await Promise.all([runner.stop(), app.close()])
    await store.close()
    redis?.disconnect()
  })
}

/** Ends in order at a signal, at an error that nobody caught, and, as a worker, when told to. */
function endWell(log: FastifyBaseLogger, close: () => Promise<void>): void {
  const signals = ['SIGTERM', 'SIGINT'] as const
  const options = { delay: STOP_MS, logger: log, ...(cluster.isWorker && { skip: [...signals] }) }
  const ending = closeWithGrace(options, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'unexpected error')
    log.info({ signal }, 'stopping')
    await close()
  })
  if (cluster.isPrimary) return
  // The signal may come to every process and the word besides; only the first of them means something.
  let told = false
  const stop = () => {
    if (told) return
    told = true
    void ending.close()
  }
  for (const signal of signals) process.on(signal, stop)
  process.on('message', (message) => {
    if (message === STOP) stop()
  })
}
