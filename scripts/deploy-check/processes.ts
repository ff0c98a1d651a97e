/** The service as a platform would start it: from the image's files alone, with its environment alone. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isInImage } from './image-commands.ts'
import type { Project } from './project.ts'

const COMMAND_MS = 60_000
const START_MS = 60_000

export interface Process {
  stdout: () => string
  stderr: () => string
  /** Waits until a path answers 200; false when it does not within the time that platforms give. */
  answers: (port: number, path: string) => Promise<boolean>
  /** SIGTERM to the first process, as all platforms do; killed for certain after `graceSeconds`. */
  stop: (graceSeconds: number) => Promise<{ code: number | null; ms: number }>
}

/** Copies what the image would hold into a new folder; the packages are linked. */
export function copyImageFiles(project: Project): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-check-'))
  for (const file of project.files.filter((one) => isInImage(project, one))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(project.root, file), join(folder, file))
  }
  symlinkSync(join(project.root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Runs a manifest's command to its end, in the shell that platforms put around it. */
export async function runCommandIn(cwd: string, text: string, env: Record<string, string>) {
  const child = start(cwd, ['/bin/sh', '-c', text], env)
  const texts = collect(child)
  const timer = setTimeout(() => killGroup(child), COMMAND_MS)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  return { code: code as number | null, said: texts.stdout + texts.stderr }
}

export function startService(cwd: string, command: string[], env: Record<string, string>): Process {
  const child = start(cwd, command, env)
  const texts = collect(child)
  const ended = once(child, 'close')
  return {
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    answers: async (port, path) => {
      for (const deadline = performance.now() + START_MS; performance.now() < deadline; await sleep(50)) {
        if (child.exitCode !== null) return false
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' }).catch(() => undefined)
        if (response?.status === 200) return true
        // Nothing is gained by waiting for an answer that is another one.
        if (response !== undefined && response.status !== 503) return false
      }
      return false
    },
    stop: async (graceSeconds) => {
      const began = performance.now()
      const timer = setTimeout(() => killGroup(child), graceSeconds * 1000)
      child.kill('SIGTERM')
      const [code] = await ended
      clearTimeout(timer)
      return { code, ms: Math.round(performance.now() - began) }
    },
  }
}

/** In a group of its own, so that nothing it leaves behind survives. */
function start(cwd: string, [program = '', ...args]: string[], env: Record<string, string>): ChildProcess {
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd,
    env: { ...env, PATH: path },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.once('error', () => {})
  return child
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
    })
  }
  return texts
}
