import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from '../../scripts/dev/free-port.ts'

const ROOT = join(import.meta.dirname, '../..')

export interface Server {
  process: ChildProcess
  url: string
  cwd: string
  /** What it printed until now. */
  stdout(): string
  stderr(): string
  /** Waits until it answers /health. */
  healthy(): Promise<void>
  /** Waits until it has printed something that matches. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>
  exited: Promise<number | null>
}

export interface Start {
  cwd?: string
  env?: Record<string, string>
  /** Without it a free port is chosen, as PORT; null leaves PORT out. */
  port?: number | null
}

/** What a program needs to start, and nothing that would set it up. */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  return { PATH, HOME, NODE_COMPILE_CACHE }
}

/** A folder of its own, removed when the test ends. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'stock-server-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts the service as `npm start` does; it is killed when the test ends. */
export async function startServer(t: Test, { cwd = temporaryFolder(t), env = {}, port }: Start = {}): Promise<Server> {
  const chosen = port === undefined ? await freePort() : port
  const child = spawn(
    process.execPath,
    ['--import', join(ROOT, 'src/process/node-version.js'), join(ROOT, 'src/server.ts')],
    {
      cwd,
      env: { ...bareEnvironment(), ...(chosen === null ? {} : { PORT: String(chosen) }), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const url = `http://127.0.0.1:${chosen ?? 0}`
  const until = async <T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${texts.stdout}${texts.stderr}`)
      await sleep(20)
    }
  }
  return {
    process: child,
    url,
    cwd,
    exited,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    healthy: async () => {
      await until(async () => {
        const response = await fetch(`${url}/health`).catch(() => undefined)
        return response?.status === 200 ? true : undefined
      })
    },
    printed: (pattern) => until(() => pattern.exec(texts.stdout + texts.stderr) ?? undefined),
    stop: async (signal = 'SIGTERM') => {
      const began = performance.now()
      child.kill(signal)
      return { code: await exited, ms: performance.now() - began }
    },
  }
}
