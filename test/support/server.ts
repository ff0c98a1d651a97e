import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { TestApp } from './app.ts'

const START_MS = 20_000

/** What a request to a server process came to. */
export interface Reply {
  status: number
  body: string
  replayed: boolean
}

export interface ServerProcess {
  /** Sends a request to `/api/v1` + path as the supervisor; rejects when no answer came. */
  post(path: string, body: object, key: string): Promise<Reply>
  /** Ends the process and waits until it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** Starts the service as a process of its own on the database of `app`, whose tokens it accepts; ended with the test. */
export async function startServer(t: Test, app: TestApp): Promise<ServerProcess> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', './src/node-version.js', 'src/server.ts'], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: app.url,
      JWT_SECRET_KEY: app.config.jwtSecretKey,
      SECRET_KEY: app.config.secretKey,
      MIGRATE_ON_START: 'true',
      RATE_LIMIT_MAX: '0',
      LOG_LEVEL: process.env.TEST_LOG ?? 'fatal',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(child, 'exit')
  t.teardown(() => end(child, exited, 'SIGKILL'))
  await ready(child, port)
  const post = async (path: string, body: object, key: string): Promise<Reply> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${app.tokens.supervisor}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    })
    const replayed = answer.headers.get('idempotency-replayed') === 'true'
    return { status: answer.status, body: await answer.text(), replayed }
  }
  return { post, end: (signal) => end(child, exited, signal) }
}

async function end(child: ChildProcess, exited: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await exited
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(30)
  }
  throw new Error(`the server did not get ready; it ended with ${child.exitCode}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
