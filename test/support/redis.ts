import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { freePort } from '../../scripts/dev/free-port.ts'

const SERVERS = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server']
const program = SERVERS.find((path) => existsSync(path))

/** Why there is no Redis to test with, or false. */
export const withoutRedis = program === undefined && 'no redis-server is installed'

export interface RedisServer {
  url: string
  stop(): Promise<void>
  start(): Promise<void>
}

/** A Redis of one's own with a password, gone when the test ends. */
export async function startRedis(t: Test): Promise<RedisServer> {
  const port = await freePort()
  const url = `redis://:se%23cret@127.0.0.1:${port}`
  let child: ReturnType<typeof spawn> | undefined
  const stop = async () => {
    const running = child
    child = undefined
    if (running === undefined) return
    running.kill('SIGKILL')
    await once(running, 'close')
  }
  const start = async () => {
    const settings = ['--port', String(port), '--requirepass', 'se#cret', '--save', '', '--bind', '127.0.0.1']
    child = spawn(program as string, settings, { stdio: 'ignore' })
    const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null })
    client.on('error', () => {})
    await client.ping()
    client.disconnect()
    await sleep(20)
  }
  t.teardown(stop)
  await start()
  return { url, stop, start }
}
