import type { LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import type { Test } from 'tap'
import tap from 'tap'
import { type App, buildApp } from '../../src/app.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { Migrations } from '../../src/db/migrator.ts'
import type { Engine, Store } from '../../src/db/types.ts'
import type { Observer } from '../../src/http/effect.ts'
import { ROLES, type Role } from '../../src/http/permissions.ts'
import { now, secondsFrom } from '../../src/values/time.ts'
import { committedContract } from './contract.ts'
import { createDatabase, engines, open } from './databases.ts'

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

export interface Call {
  as?: Role | 'nobody'
  body?: unknown
  headers?: Record<string, string>
}

export interface TestApp {
  app: App
  store: Store
  engine: Engine
  config: Config
  url: string
  /**
   * Sends a request to `/api/v1` + path as the administrator, or as somebody of another role, or as nobody.
   * The answer must be one that the committed API document declares.
   */
  call(method: Method, path: string, call?: Call): Promise<LightMyRequestResponse>
  /** The access token of the user of a role. */
  tokens: Record<Role, string>
}

export const SECRETS = {
  JWT_SECRET_KEY: 'test-signing-key-7f3k9w2m5x8q1z4v6b0n',
  SECRET_KEY: 'test-cursor-key-4h8d2j6s0a9f3g7k1l5p',
}

interface Extras {
  observers?: readonly Observer[]
  /** SQLite's file on a disk also where there is memory for it. */
  onDisk?: boolean
}

/** An app on a migrated database of its own, with one user of each role; closed and removed when the test ends. */
export async function buildTestApp(
  t: Test,
  engine: Engine,
  env: Record<string, string> = {},
  { observers = [], onDisk = false }: Extras = {},
): Promise<TestApp> {
  const database = await createDatabase(engine, { onDisk })
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, ...SECRETS, ...env })
  const store = await open(database.url)
  const app = await buildApp({
    config,
    store,
    migrations: new Migrations(store),
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    observers,
  })
  await app.ready()
  t.teardown(async () => {
    await app.close()
    await store.close()
    await database.drop()
  })
  const tokens = Object.fromEntries(
    await Promise.all(ROLES.map(async (role) => [role, await addUser(app, store, role)])),
  ) as Record<Role, string>
  const call = async (method: Method, path: string, { as = 'admin', body, headers = {} }: Call = {}) => {
    const url = path.startsWith('/api/') || path.startsWith('//') ? path : `/api/v1${path}`
    const response = await app.inject({
      method,
      url,
      headers: {
        ...(as === 'nobody' ? {} : { authorization: `Bearer ${tokens[as]}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: payloadOf(body) }),
    })
    committedContract().check(method, url, response)
    return response
  }
  return { app, store, engine, config, url: database.url, call, tokens }
}

const payloadOf = (body: unknown) => (typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))

/** Makes the user named like the role, whose password nobody knows, with a session; answers its access token. */
async function addUser(app: App, store: Store, role: Role): Promise<string> {
  const instant = now()
  const expires_at = secondsFrom(instant, 3600)
  const [user, session] = await store.write(async (trx) => {
    const times = { created_at: instant, updated_at: instant }
    const email = `${role}@example.com`
    const names = { username: role, username_key: role, email, email_key: email, search_text: `${role}\n${email}` }
    const row = { ...names, password_hash: '!', role, ...times }
    const made = await trx.insertInto('users').values(row).returning('id').executeTakeFirstOrThrow()
    const session = { user_id: made.id, created_at: instant, expires_at }
    return [made, await trx.insertInto('sessions').values(session).returning('id').executeTakeFirstOrThrow()] as const
  })
  return app.jwt.sign({ sub: String(user.id), sid: session.id, tv: 1 })
}

/** Declares the same test for every engine. */
export function onEveryEngine(name: string, run: (t: Test, engine: Engine) => Promise<void>): void {
  for (const engine of engines) tap.test(`${name} (${engine})`, (t) => run(t, engine))
}
