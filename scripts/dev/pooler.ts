/** A pgbouncer of one's own, where it is installed: each transaction gets another connection. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { unprivilegedAccount } from './embedded-postgres.ts'
import { freePort } from './free-port.ts'

const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`

export interface Pooler {
  /** The same address, through the pooler. */
  url: string
  stop: () => Promise<void>
}

export function hasPgbouncer(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { env: { ...process.env, PATH }, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * Starts it before the database of `url`.
 *
 * @throws Error when it does not come up; nothing is left behind then.
 */
export async function startPooler(url: string): Promise<Pooler> {
  const folder = mkdtempSync(join(tmpdir(), 'stock-pooler-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, settings(new URL(url), port))
  // It refuses to run as root.
  const child = spawn('pgbouncer', [file], { env: { ...process.env, PATH }, stdio: 'ignore', ...unprivilegedAccount() })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilListening(child, port)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href, stop }
}

function settings({ hostname, port, username, password, pathname }: URL, ownPort: number): string {
  const name = pathname.slice(1)
  const host = hostname.replace(/^\[|\]$/g, '')
  const user = decodeURIComponent(username)
  const quoted = `'${decodeURIComponent(password).replaceAll("'", "''")}'`
  return `[databases]
${name} = host=${host} port=${port || 5432} user=${user} password=${quoted}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
server_round_robin = 1
`
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const listening = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (listening) return
    await sleep(50)
  }
  throw new Error(`pgbouncer ended with ${child.exitCode}`)
}
