import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** How a command ended; `output` holds both its streams in the order they came. */
export interface CommandResult {
  ok: boolean
  output: string
  timeMs: number
}

const ROOT = join(import.meta.dirname, '../..')

/**
 * Runs a program of the project (one in `node_modules/.bin`, or `node`) in the project's folder and keeps what it
 * prints. A program that cannot be started is a failed command, not an error.
 */
export async function runCommand(command: string[], env: Record<string, string> = {}): Promise<CommandResult> {
  const [program = '', ...args] = command
  const started = performance.now()
  const PATH = [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: ROOT,
    env: { ...process.env, PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  }
  const { promise, resolve } = Promise.withResolvers<boolean>()
  child.once('error', (error) => {
    chunks.push(error.message)
    resolve(false)
  })
  child.once('close', (code) => resolve(code === 0))
  const ok = await promise
  return { ok, output: chunks.join('').trim(), timeMs: performance.now() - started }
}
