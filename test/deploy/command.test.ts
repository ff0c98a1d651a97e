import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'tap'

const SCRIPT = join(import.meta.dirname, '../../scripts/dev/deploy-check.ts')

const run = (...args: string[]) => runIn(process.env, ...args)

async function runIn(env: NodeJS.ProcessEnv, ...args: string[]) {
  const child = spawn(process.execPath, [SCRIPT, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  }
  const [code] = await once(child, 'close')
  return { code, said: chunks.join('') }
}

test('it tells what it found, what it did not run and what it assumes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-check-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'results.json')
  const { code, said } = await run('--layer', 'AB', '--json', file)
  t.equal(code, 0)
  t.match(said, /emulated locally; nothing was deployed; \d+ facts assumed\n$/)
  const { results, summary } = JSON.parse(readFileSync(file, 'utf8'))
  t.match(said, summary)
  t.match(
    results.find(({ id }: { id: string }) => id === 'B24'),
    { status: 'assumed', evidence: /stands for an address/ },
  )
})

test('strictly, what was not run fails too', async (t) => {
  const bare = { PATH: dirname(process.execPath) }
  const said = /not run D1 .*no docker, podman or buildah works here/
  t.match(await runIn(bare, '--layer', 'D'), { code: 0, said })
  t.match(await runIn(bare, '--layer', 'D', '--strict'), { code: 1, said })
  t.equal((await run('--layer', 'AB', '--strict')).code, 0, 'what is assumed does not')
})

test('only what was asked for is told', async (t) => {
  const { said } = await run('--layer', 'A', '--only', 'render', '--all')
  t.match(said, /^render: /)
  t.match(said, /pass {4}A2 {3}render\.yaml/)
  t.notMatch(said, /B\d|heroku/)
})

test('what is asked for wrongly is answered with the usage', async (t) => {
  for (const args of [['--only', 'nowhere'], ['--layer', 'Z'], ['--fast'], ['now']]) {
    t.match(await run(...args), { code: 2, said: /Usage: npm run deploy:check/ }, args.join(' '))
  }
  t.match(await run('--help'), { code: 0, said: /^Usage/ })
})
