import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseEnv, promisify } from 'node:util'
import { test } from 'tap'
import { envExample } from '../../scripts/dev/env-example.ts'
import { Environment } from '../../src/config/schema.ts'
import { load } from '../support/config.ts'

const run = promisify(execFile)
const script = new URL('../../scripts/dev/env-example.ts', import.meta.url).pathname

test('.env.example is in step with the schema', async (t) => {
  t.equal(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'), envExample())
  await t.resolves(run(process.execPath, [script, '--check']))
})

test('it tells every variable, once, and a copy of it changes nothing', async (t) => {
  const text = envExample()
  t.strictSame(parseEnv(text), {})
  const named = Array.from(text.matchAll(/^#([A-Z_]+)=/gm), ([, name]) => name)
  t.strictSame(named, Object.keys(Environment.properties))
})

test('its values are good ones, and no secret is among them', async (t) => {
  const uncommented = envExample().replaceAll(/^#(?=[A-Z_]+=)/gm, '')
  const env = parseEnv(uncommented)
  delete env.DATABASE_CA_CERT // an ellipsis, not a certificate
  const { jwtSecretKey: _, secretKey: __, ...config } = load({ ...env, JWT_SECRET_KEY: 'x', SECRET_KEY: 'y' })
  t.match(config, { port: 5000, logFileSize: '10m', trustProxy: ['loopback', 'uniquelocal', '100.64.0.0/10'] })
  for (const name of ['JWT_SECRET_KEY', 'SECRET_KEY', 'ADMIN_PASSWORD']) t.equal(env[name], '', name)
})

test('every variable has a description, and a default or an example where it is no secret', async (t) => {
  for (const [name, schema] of Object.entries<Record<string, unknown>>(Environment.properties)) {
    t.match(schema.description, /^.{10,200}\.$/, name)
    t.ok(schema.secret || schema.default !== undefined || schema.example !== undefined, name)
  }
})
