import './node-version.js'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { Migrations } from './db/migrator.ts'
import { openStore } from './db/open.ts'
import { listen } from './listen.ts'
import { createLog } from './log.ts'
import { ensureAdministrator } from './modules/users/service.ts'
import { purgeExpired } from './modules.ts'
import { prepareDatabase } from './prepare-database.ts'
import { announce, welcome } from './welcome.ts'

/** A stop takes no longer than this, whatever a request is doing. */
const STOP_MS = 8000
const PURGE_MS = 3_600_000

try {
  await start(loadConfig())
} catch (error) {
  // People read this line, so it is no JSON; a stack would hide what is to be done.
  console.error(
    error instanceof ConfigError ? error.message : `The service could not start: ${(error as Error).message}`,
  )
  process.exit(1)
}

async function start(config: Config): Promise<void> {
  const development = config.nodeEnv === 'development'
  const file =
    config.logFile === undefined
      ? undefined
      : { path: config.logFile, size: config.logFileSize, count: config.logFileCount }
  const log = await createLog({ level: config.logLevel, pretty: development, file })
  for (const notice of config.notices) log.warn(notice)
  const store = await openStore(config.database, {
    poolSize: config.dbPoolSize,
    waitMs: config.dbPoolTimeout * 1000,
    onPoolError: (error) => log.warn({ err: error }, 'a database connection broke'),
  })
  const migrations = new Migrations(store)
  await prepareDatabase(migrations, { migrate: config.migrateOnStart, log })
  // In production stdout is the log, and nothing but.
  const print = development ? console.log : console.error
  const onReady = async () => announce(await ensureAdministrator(store, config), print)
  const app = await buildApp({ config, store, migrations, log, onReady })
  // Not fatal: until somebody migrates, /ready answers 503 and so does everything else.
  await app.readiness.require().catch((error) => log.warn((error as Error).message))
  const purge = setInterval(
    () => purgeExpired(store).catch((error) => log.warn({ err: error }, 'old rows stay for now')),
    PURGE_MS,
  )
  welcome(await listen(app, config), config)
  closeWithGrace({ delay: STOP_MS, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'unexpected error')
    log.info({ signal }, 'stopping')
    clearInterval(purge)
    app.readiness.stop()
    await app.close()
    await store.close()
  })
}
