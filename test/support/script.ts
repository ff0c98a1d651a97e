import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { SECRETS } from './app.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * Runs a script of scripts/ as a person does; `code`, and all that it said.
 *
 * @param onSaid gets what it said until then, each time it says more
 */
export async function runScript(
  script: string,
  args: string[],
  env: Record<string, string> = {},
  onSaid: (said: string) => void = () => {},
) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', script), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...SECRETS, NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      chunks.push(chunk)
      onSaid(chunks.join(''))
    })
  }
  const [code] = await once(child, 'close')
  return { code, said: chunks.join('') }
}

/** Copies a database by the script. */
export const copy = (from: string, to: string, ...more: string[]) =>
  runScript('db-copy.ts', ['--from', from, '--to', to, ...more])
