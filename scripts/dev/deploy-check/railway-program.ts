import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TIMEOUT_MS = 20_000

const EVALUATE = `
import { createRailwayContext, project } from 'railway/iac'
const { default: program } = await import('./railway.ts')
const evaluate = async () => JSON.stringify(await program(createRailwayContext(), project))
const first = await evaluate()
console.log(first === (await evaluate()) ? first : '{"impure":true}')
`

const known = new Map<string, Promise<unknown>>()

/**
 * What `.railway/railway.ts` evaluates to, in a process that knows nothing of this one's environment.
 *
 * @throws Error with the program's own words, or when two evaluations differ
 */
export function evaluateRailway(root: string, text: string): Promise<unknown> {
  const answer = known.get(text) ?? evaluate(root, text)
  known.set(text, answer)
  return answer
}

async function evaluate(root: string, text: string): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'railway-'))
  try {
    await writeFile(join(folder, 'railway.ts'), text)
    await writeFile(join(folder, 'evaluate.mjs'), EVALUATE)
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    const runs = [await run(folder), await run(folder)]
    if (runs[0] !== runs[1] || runs[0]?.includes('"impure":true')) throw new Error('two evaluations differ')
    return JSON.parse(runs[0] ?? '')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function run(cwd: string): Promise<string> {
  const child = spawn(process.execPath, ['evaluate.mjs'], { cwd, env: {}, timeout: TIMEOUT_MS })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
    })
  }
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(/^\w*Error.*$/m.exec(texts.stderr)?.[0] ?? `it ended with ${code}`)
  return texts.stdout
}
