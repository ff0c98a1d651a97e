import type { LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type App, buildApp } from '../../src/app.ts'
import { Migrations } from '../../src/db/migrator.ts'
import type { TestApp } from './app.ts'
import { open } from './databases.ts'

export const PASSWORD = 'caballo-grapa-correcta'

export interface Account {
  id: number
  username: string
  email: string
}

/** Makes a user who can log in with `PASSWORD`. */
export async function makeUser({ call }: Pick<TestApp, 'call'>, fields: object = {}): Promise<Account> {
  const body = { username: 'ana.garcia', email: 'ana@example.com', password: PASSWORD, ...fields }
  const answer = await call('POST', '/users', { body })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return answer.json()
}

interface Sent {
  token?: string | undefined
  address?: string
  headers?: Record<string, string>
}

/** Sends a body to a path below `/api/v1`, with a token and from an address of the caller's choice. */
export const post = (
  app: App,
  path: string,
  payload?: object,
  { token, address = '192.0.2.1', headers = {} }: Sent = {},
): Promise<LightMyRequestResponse> =>
  app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    remoteAddress: address,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(payload === undefined ? {} : { payload }),
  })

export const logIn = (app: App, username = 'ana.garcia', password = PASSWORD, sent: Sent = {}) =>
  post(app, '/auth/login', { username, password }, sent)

/** The status that `GET /auth/me` answers to a token. */
export async function statusOf(app: App, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await app.inject({ url: '/api/v1/auth/me', headers })).statusCode
}

const silent = pino({ level: process.env.TEST_LOG ?? 'silent' })

/** A second instance on the same database, as another process would be. */
export async function anotherInstance(t: Test, { url, config }: TestApp, log = silent): Promise<App> {
  const store = await open(url)
  const app = await buildApp({ config, store, migrations: new Migrations(store), log })
  await app.ready()
  t.teardown(async () => {
    await app.close()
    await store.close()
  })
  return app
}
