/** C11: a new version starts while the old one serves; two that migrate themselves start on an empty database. */
import type { LiveDatabase } from './databases.ts'
import { ask, end, type Service, until } from './programs.ts'
import { START_MS, type Stage } from './stage.ts'

export async function overlaps(
  stage: Stage,
  old: Service,
  database: LiveDatabase,
): Promise<{ problems: string[]; used: number }> {
  const { problems, used } = await servesBesideTheNext(stage, old, database)
  return { problems: [...problems, ...(await migrateTogether(stage, database))], used }
}

/** The database takes no more connections than the plan does, so that too many show in a version that does not serve. */
async function servesBesideTheNext(stage: Stage, old: Service, database: LiveDatabase) {
  const next = await stage.serve()
  const isReady = await until(next, '/ready', 200, START_MS)
  const still = await ask(old.port, '/ready')
  const used = await database.connections()
  await end(next.running)
  const problems = [
    ...(isReady ? [] : [`the new version does not serve beside the old one: ${next.running.log().slice(-300)}`]),
    ...(still.status === 200 ? [] : [`the old version answers ${still.status} beside the new one`]),
  ]
  return { problems, used }
}

async function migrateTogether(stage: Stage, database: LiveDatabase): Promise<string[]> {
  await database.make('together')
  const options = { url: database.url('together'), more: { MIGRATE_ON_START: 'true' } }
  const both = await Promise.all([stage.serve(options), stage.serve(options)])
  const ready = await Promise.all(both.map((service) => until(service, '/ready', 200, START_MS)))
  for (const { running } of both) await end(running)
  return both.flatMap(({ running }, index) =>
    ready[index] ? [] : [`of two that migrate at the start one does not come up: ${running.log().slice(-300)}`],
  )
}
