/**
 * Starts the service once in the image that is being built, from the folder it is installed in: proves that nothing it
 * loads is missing, and leaves the compiled code in `node_modules/.cache`, which takes a quarter of the work out of every
 * later start. Fails the build when the service does not become ready or does not stop by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 60_000
const PRELOAD = ['--import', './src/process/node-version.js']
const SERVER = [...PRELOAD, 'src/server.ts']
const PAGES = ['/health', '/ready', '/docs/', '/openapi.json']

const secret = () => randomBytes(48).toString('base64url')
const folder = mkdtempSync(join(tmpdir(), 'warm-up-'))
const env = {
  NODE_ENV: 'production',
  PORT: await freePort(),
  DATABASE_URL: `sqlite:${join(folder, 'warm-up.db')}`,
  JWT_SECRET_KEY: secret(),
  SECRET_KEY: secret(),
  ADMIN_PASSWORD: secret(),
  LOG_FILE: join(folder, 'warm-up.log'),
}

try {
  await useOnce(start(SERVER))
  // Its driver is loaded before the connection is refused, and that is all that is wanted of it.
  const elsewhere = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' }
  await once(start([...PRELOAD, 'scripts/migrate.ts', 'status', '--wait', '0'], elsewhere, 'ignore'), 'exit')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A build may share the network, and the ports, of its machine. */
async function freePort(): Promise<string> {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  return String(port)
}

function start(
  args: string[],
  more: Record<string, string> = {},
  errors: 'inherit' | 'ignore' = 'inherit',
): ChildProcess {
  return spawn(process.execPath, args, { env: { ...env, ...more }, stdio: ['ignore', 'ignore', errors] })
}

async function useOnce(server: ChildProcess): Promise<void> {
  const exited = once(server, 'exit')
  const deadline = performance.now() + PATIENCE_MS
  for (const page of PAGES) {
    while ((await statusOf(page)) !== 200) {
      if (server.exitCode !== null) throw new Error(`the service ended with ${server.exitCode}`)
      if (performance.now() > deadline) throw new Error(`${page} did not answer 200 within ${PATIENCE_MS / 1000} s`)
      await sleep(50)
    }
  }
  server.kill('SIGTERM')
  const [code] = await exited
  if (code !== 0) throw new Error(`the service ended with ${code} when it was told to stop`)
}

async function statusOf(page: string): Promise<number> {
  return fetch(`http://127.0.0.1:${env.PORT}${page}`).then(
    (response) => response.status,
    () => 0,
  )
}
