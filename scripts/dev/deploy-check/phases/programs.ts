/** Programs started the way a platform starts them, with exactly the environment that it would give. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Workspace } from './workspace.ts'

export interface Running {
  pid: number
  /** What it printed until now, both streams. */
  log(): string
  /** Lines of stdout alone. */
  lines(): string[]
  ended: Promise<{ code: number | null; signal: string | null }>
  hasEnded(): boolean
  signal(signal: NodeJS.Signals, everybody?: boolean): void
}

/** @param cwd where it is started; default: the workspace */
export function start(
  { app, bin, account }: Workspace,
  command: string[],
  env: Record<string, string>,
  cwd = app,
): Running {
  const [program = '', ...args] = command
  const exactly = Object.entries({ ...env, PATH: `${bin}:/usr/bin:/bin` }).map(([name, value]) => `${name}=${value}`)
  // By `env -i`, for what starts programs here may add variables of its own.
  const child = spawn('/usr/bin/env', ['-i', ...exactly, program === 'node' ? `${bin}/node` : program, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that nothing of it is left.
    detached: true,
    ...account,
  })
  const said = { all: '', out: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said.all += chunk
    said.out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said.all += chunk
  })
  let isOver = false
  const ended = once(child, 'close').then(([code, signal]) => {
    isOver = true
    return { code: code as number | null, signal: signal as string | null }
  })
  const pid = child.pid ?? 0
  return {
    pid,
    log: () => said.all,
    lines: () => said.out.split('\n').filter(Boolean),
    ended,
    hasEnded: () => isOver,
    signal(signal, everybody = false) {
      try {
        process.kill(everybody ? -pid : pid, signal)
      } catch {
        // It is gone already.
      }
    },
  }
}

/** Ends a program and whatever it started. */
export async function end(running: Running): Promise<void> {
  running.signal('SIGKILL', true)
  await running.ended
}

export interface Answer {
  status: number
  text: string
  headers: IncomingHttpHeaders
}

interface Ask {
  host?: string
  method?: string
  headers?: Record<string, string>
  body?: unknown
  timeoutMs?: number
}

/** One request; status 0 when there was no answer in time. */
export function ask(port: number, path: string, options: Ask = {}): Promise<Answer> {
  const { host = '127.0.0.1', method = 'GET', headers = {}, body, timeoutMs = 10_000 } = options
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve) => {
    const none = () => resolve({ status: 0, text: '', headers: {} })
    const type = text === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request(
      { host, port, path, method, headers: { ...type, ...headers }, timeout: timeoutMs },
      (answer) => {
        let received = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          received += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: received, headers: answer.headers }))
      },
    )
    sent.on('timeout', () => sent.destroy())
    sent.on('error', none)
    sent.end(text)
  })
}

/** A service and the port it was given. */
export interface Service {
  port: number
  running: Running
}

/** Asks until the answer has this status, or the service is gone. */
export async function until({ port, running }: Service, path: string, status: number, ms: number): Promise<boolean> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; await sleep(50)) {
    if ((await ask(port, path, { timeoutMs: 2000 })).status === status) return true
    if (running.hasEnded()) return false
  }
  return false
}

/** A way to a port that is closed until it is opened. */
export function gateTo(target: { host: string; port: number }, port: number) {
  const server = createServer((incoming) => {
    const outgoing = connect(target.port, target.host)
    incoming.pipe(outgoing)
    outgoing.pipe(incoming)
    incoming.on('error', () => outgoing.destroy())
    outgoing.on('error', () => incoming.destroy())
  })
  return {
    open: () => new Promise<void>((resolve) => server.listen({ port, host: '::', ipv6Only: false }, resolve)),
    close: () => server.close(),
  }
}
