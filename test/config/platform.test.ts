import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { parseRedisUrl } from '../../src/config/redis-url.ts'
import { loadConfig } from '../../src/config.ts'
import { SECRETS } from '../support/app.ts'

const production = { NODE_ENV: 'production', ...SECRETS }

test('SQLite is refused where its file would be thrown away', async (t) => {
  for (const sign of ['DYNO', 'RENDER', 'DIGITALOCEAN_APP_URL', 'RAILWAY_ENVIRONMENT_ID']) {
    const env = { ...production, [sign]: 'x', DATABASE_URL: 'sqlite:/stock-of-nobody/stock.db' }
    t.throws(() => loadConfig(env), /DATABASE_URL.*is SQLite, and \w+ throws its disk away at each restart/, sign)
    t.doesNotThrow(() => loadConfig({ ...env, DATABASE_URL: 'postgresql://a:b@c:5432/d' }), sign)
  }
  t.throws(() => loadConfig({ DYNO: 'web.1' }), /Heroku/, 'also where nobody set it')
})

test('SQLite on a volume is accepted', async (t) => {
  const volume = mkdtempSync(join(tmpdir(), 'stock-volume-'))
  t.teardown(() => rmSync(volume, { recursive: true }))
  const railway = { ...production, RAILWAY_ENVIRONMENT_ID: 'x', RAILWAY_VOLUME_MOUNT_PATH: volume }
  t.doesNotThrow(() => loadConfig({ ...railway, DATABASE_URL: `sqlite:${volume}/stock.db` }))
  t.throws(() => loadConfig({ ...railway, DATABASE_URL: 'sqlite:/elsewhere/stock.db' }), /add a volume/)
})

test('a Redis URL is read, or refused without a part of it', async (t) => {
  t.same(parseRedisUrl('redis://localhost'), {
    host: 'localhost',
    port: 6379,
    db: 0,
    username: undefined,
    password: undefined,
    tls: undefined,
  })
  t.match(parseRedisUrl('rediss://ana:se%23cret@[::1]:6380/2'), {
    host: '::1',
    port: 6380,
    db: 2,
    username: 'ana',
    password: 'se#cret',
    tls: { rejectUnauthorized: true },
  })
  t.match(parseRedisUrl('rediss://:x@h?ssl=no-verify'), { tls: { rejectUnauthorized: false } })
  for (const url of ['localhost:6379', 'http://h', 'redis://', 'redis://h/x', 'redis://:geheim@h?family=6']) {
    const refused = () => loadConfig({ ...production, DATABASE_URL: 'sqlite:x.db', REDIS_URL: url })
    t.throws(refused, /REDIS_URL(?!.*geheim)/, url)
  }
})
