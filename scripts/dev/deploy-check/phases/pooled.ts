/** C13: the service behind a pooler that gives each transaction another connection, migrated past it. */
import { startPooler } from '../../pooler.ts'
import type { LiveDatabase } from './databases.ts'
import { end, until } from './programs.ts'
import type { Stage } from './stage.ts'
import { useService } from './use.ts'

/** Its database is there already; one that it cannot use it gives up after 30 s. */
const START_MS = 45_000

export async function worksPooled(stage: Stage, database: LiveDatabase): Promise<string[]> {
  await database.make('pooled')
  const url = database.url('pooled')
  const { code } = await stage.migrate(url).ended
  if (code !== 0) return [`the migration past the pooler ended with ${code}`]
  const pooler = await startPooler(url)
  try {
    const service = await stage.serve({ url: pooler.url })
    const isReady = await until(service, '/ready', 200, START_MS)
    const log = service.running.log()
    const problems = isReady
      ? await useService(service.port, stage.credentials(log), 1)
      : [`behind a pooler it is not ready: ${log.slice(-300)}`]
    await end(service.running)
    return problems
  } finally {
    await pooler.stop()
  }
}
