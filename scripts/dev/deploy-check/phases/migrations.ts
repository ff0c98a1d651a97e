/** C3 and C4: the migration before the start, with all that can come in its way. */
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../free-port.ts'
import { DEFAULT_PORT, type LiveDatabase } from './databases.ts'
import { end, gateTo, type Running } from './programs.ts'
import { START_MS, type Stage } from './stage.ts'

/** After the migration has looked for it in vain. */
const LATE_MS = 1000
/** In the middle of it, on any machine that is neither very fast nor very slow. */
const KILL_MS = 500

/** What the database is made of, to see whether a second run changed anything. */
const SCHEMA = `
  select 'column' as kind, table_name || '.' || column_name as name, data_type as what
    from information_schema.columns where table_schema = 'public'
  union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
  union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  order by 1, 2, 3`

/** The database answers some seconds after the migration began. */
export async function comesLate(stage: Stage, database: LiveDatabase): Promise<string[]> {
  const url = new URL(database.url())
  const port = await freePort()
  const gate = gateTo({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || DEFAULT_PORT) }, port)
  url.port = String(port)
  const running = stage.migrate(url.href)
  try {
    await looksInVain(running)
    await sleep(LATE_MS)
    if (running.hasEnded()) return [`it did not wait for its database: ${running.log().slice(-300)}`]
    await gate.open()
    const { code } = await running.ended
    return code === 0 ? [] : [`it ended with ${code} although the database came: ${running.log().slice(-300)}`]
  } finally {
    await end(running)
    gate.close()
  }
}

/** However long the program takes to begin: on a busy machine the database would be there before it looked. */
async function looksInVain(running: Running): Promise<void> {
  for (const deadline = performance.now() + START_MS; performance.now() < deadline; await sleep(50)) {
    if (running.hasEnded() || /waiting/i.test(running.log())) return
  }
}

export async function isRepeatable(stage: Stage, database: LiveDatabase): Promise<string[]> {
  const before = JSON.stringify(await database.ask(SCHEMA, 'stock'))
  const again = stage.migrate()
  const { code } = await again.ended
  const after = JSON.stringify(await database.ask(SCHEMA, 'stock'))
  return [
    ...(/took back/.test(again.log()) ? ['a second run took something back'] : []),
    ...(code === 0 ? [] : [`a second run ended with ${code}: ${again.log().slice(-300)}`]),
    ...(before === after ? [] : ['a second run changed the schema']),
  ]
}

export async function survivesTwo(stage: Stage, database: LiveDatabase): Promise<string[]> {
  await database.make('twice')
  const both = [stage.migrate(database.url('twice')), stage.migrate(database.url('twice'))]
  const codes = await Promise.all(both.map(async (running) => (await running.ended).code))
  const workers = both.filter((running) => running.log().includes('applied 0001')).length
  return [
    ...(codes.every((code) => code === 0) ? [] : [`two at once ended with ${codes.join(' and ')}`]),
    ...(workers === 1 ? [] : [`${workers} of two did the work`]),
  ]
}

export async function survivesAKill(stage: Stage, database: LiveDatabase): Promise<string[]> {
  await database.make('killed')
  const url = database.url('killed')
  const first = stage.migrate(url)
  await sleep(KILL_MS)
  await end(first)
  const second = stage.migrate(url)
  const { code } = await second.ended
  const [same, other] = await Promise.all([database.ask(SCHEMA, 'killed'), database.ask(SCHEMA, 'stock')])
  return [
    ...(code === 0 ? [] : [`after a kill it ended with ${code}: ${second.log().slice(-300)}`]),
    ...(JSON.stringify(same) === JSON.stringify(other) ? [] : ['after a kill the schema is another one']),
  ]
}
