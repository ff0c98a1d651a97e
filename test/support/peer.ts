import type { Test } from 'tap'
import type { TestApp } from './app.ts'
import { PATIENCE_MS } from './eventually.ts'
import { startServer } from './process.ts'

/** What a request to a server process came to. */
export interface Reply {
  status: number
  body: string
  replayed: boolean
}

export interface Peer {
  /** Sends a request to `/api/v1` + path as the supervisor; rejects when no answer came. */
  post(path: string, body: object, key: string): Promise<Reply>
  /** Ends the process and waits until it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** Starts the service as a process of its own on the database of `app`, whose tokens it accepts; ended with the test. */
export async function startPeer(t: Test, app: TestApp): Promise<Peer> {
  const server = await startServer(t, {
    env: {
      // As in production, but that it refuses nobody for being slow: how busy the machine is, is not what is tested.
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      DATABASE_URL: app.url,
      JWT_SECRET_KEY: app.config.jwtSecretKey,
      SECRET_KEY: app.config.secretKey,
      MIGRATE_ON_START: 'true',
      RATE_LIMIT_MAX: '0',
      DB_POOL_TIMEOUT: String(PATIENCE_MS / 1000),
      LOG_LEVEL: 'fatal',
    },
  })
  await server.healthy()
  const post = async (path: string, body: object, key: string): Promise<Reply> => {
    const answer = await fetch(`${server.url}/api/v1${path}`, {
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
  return {
    post,
    end: async (signal) => {
      await server.stop(signal)
    },
  }
}
