import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { devNull } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { registerTokens } from '../../../src/http/auth.ts'

export interface Server {
  origin: string
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
export const SECRETS = {
  JWT_SECRET_KEY: 'bench-signing-key-7f3k9w2m5x8q1z4v6b0n',
  SECRET_KEY: 'bench-cursor-key-4h8d2j6s0a9f3g7k1l5p',
}

/** Starts a server of this repository in a process of its own and waits until it answers on `path`. */
export async function startServer(
  file: string,
  port: number,
  path: string,
  env: Record<string, string>,
): Promise<Server> {
  // Its log is written, as everywhere, but not read by anybody here.
  const stdio = ['ignore', openSync(devNull, 'w'), 'inherit'] as const
  const server = spawn(process.execPath, ['--import', './src/process/node-version.js', file], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: [...stdio],
  })
  const origin = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 200; tries += 1) {
    if (server.exitCode !== null) throw new Error(`${file} ended`)
    const status = await fetch(origin + path).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status > 0 && status < 500) return { origin, stop: () => stop(server) }
    await sleep(50)
  }
  await stop(server)
  throw new Error(`${file} does not answer`)
}

/** The service as in production, with everything on; only the limit per client is out of the way of one client's load. */
export const startService = (url: string, port: number): Promise<Server> =>
  startServer('src/server.ts', port, '/ready', {
    NODE_ENV: 'production',
    DATABASE_URL: url,
    PORT: String(port),
    RATE_LIMIT_MAX: '10000000',
    DB_POOL_SIZE: '10',
    MIGRATE_ON_START: 'false',
    LOG_LEVEL: 'info',
    ...SECRETS,
  })

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return
  server.kill('SIGTERM')
  await once(server, 'exit')
}

/** An access token as a login would give it. */
export async function signToken(userId: number, sessionId: number): Promise<string> {
  const app = Fastify()
  await registerTokens(app, SECRETS.JWT_SECRET_KEY, 7200)
  await app.ready()
  return app.jwt.sign({ sub: String(userId), sid: sessionId, tv: 1 })
}
