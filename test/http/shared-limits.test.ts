import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { type Test, test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { Migrations } from '../../src/db/migrator.ts'
import { openRedis } from '../../src/process/redis.ts'
import { SECRETS } from '../support/app.ts'
import { open } from '../support/databases.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { databaseFor } from '../support/stores.ts'

/** An instance of the service, and what it logs. */
async function startInstance(t: Test, REDIS_URL: string) {
  const { url } = await databaseFor(t, 'sqlite')
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
  const env = { NODE_ENV: 'test', DATABASE_URL: url, RATE_LIMIT_MAX: '5', REDIS_URL, ...SECRETS }
  const config = loadConfig(env)
  const store = await open(url)
  const redis = config.redis && (await openRedis(config.redis, log))
  const app = await buildApp({ config, store, migrations: new Migrations(store), log, redis })
  await app.ready()
  t.teardown(async () => {
    await app.close()
    await store.close()
    redis?.disconnect()
  })
  const ask = async () => {
    const { statusCode } = await app.inject('/api/v1/auth/me')
    return statusCode
  }
  const until = async (message: RegExp) => {
    for (let tries = 0; !lines.some((line) => message.test(line)); tries += 1) {
      if (tries > 1200) throw new Error(`never logged ${message}: ${lines}`)
      await sleep(50)
    }
  }
  return { app, ask, lines, until, redis }
}

test('instances count a client together, and by themselves while Redis is away', { skip: withoutRedis }, async (t) => {
  const redis = await startRedis(t)
  const [one, two] = [await startInstance(t, redis.url), await startInstance(t, redis.url)]
  for (const { redis: client } of [one, two]) while (client?.status !== 'ready') await sleep(20)
  const together = [await one.ask(), await two.ask(), await one.ask(), await two.ask(), await one.ask()]
  t.same(together, [401, 401, 401, 401, 401])
  t.same([await one.ask(), await two.ask()], [429, 429], 'five in all, not five each')
  await redis.stop()
  await one.until(/Redis is away/)
  const alone = []
  for (let count = 0; count < 7; count += 1) alone.push(await one.ask())
  t.same(alone, [401, 401, 401, 401, 401, 429, 429], 'it goes on, with a limit')
  t.equal((await one.app.inject('/ready')).statusCode, 200)
  t.equal(one.lines.filter((line) => /Redis is away/.test(line)).length, 1, 'told once')
  await redis.start()
  await one.until(/Redis is there again/)
  t.equal(await one.ask(), 401, 'a new Redis has counted nobody')
})

test('a service starts without its Redis', { skip: withoutRedis }, async (t) => {
  const { ask, until } = await startInstance(t, 'redis://127.0.0.1:1')
  const answers = []
  for (let count = 0; count < 6; count += 1) answers.push(await ask())
  t.same(answers, [401, 401, 401, 401, 401, 429])
  await until(/Redis is away/)
})
