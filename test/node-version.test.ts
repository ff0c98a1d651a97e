import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'tap'

const run = promisify(execFile)
const check = new URL('../src/process/node-version.js', import.meta.url).href

const disguise = (version: string) =>
  `data:text/javascript,Object.defineProperty(process,'version',{value:'${version}'})`

/** Starts with the check preloaded, as `npm start` does, by a Node that says it is `version`. */
function startAs(version: string) {
  return run(process.execPath, ['--import', disguise(version), '--import', check, '-e', 'console.log("started")'])
}

test('an older Node is refused before it reads anything else', async (t) => {
  for (const version of ['v18.20.0', 'v20.20.2', 'v22.23.3', 'v24.0.0', 'v24.6.9']) {
    await t.rejects(
      startAs(version),
      { code: 1, stdout: '', stderr: /^This program needs Node 24\.7 or newer; this is/ },
      version,
    )
  }
})

test('the right Node and newer ones start', async (t) => {
  for (const version of ['v24.7.0', 'v24.21.0', 'v25.0.0', 'v26.1.0']) {
    t.equal((await startAs(version)).stdout, 'started\n', version)
  }
})

test('npm ci says one line to an older Node, and nothing to the right one', async (t) => {
  const installAs = async (version: string) => {
    const script = fileURLToPath(new URL('../src/process/installed.js', import.meta.url))
    const env = { ...process.env, npm_config_user_agent: `npm/11.19.1 node/${version} linux x64 workspaces/false` }
    return (await run(process.execPath, [script], { env })).stdout
  }
  t.match(await installAs('v20.20.2'), /^This is Node 20\.20\.2; npm start and npm test use Node 2\d[\d.]+, .*\n$/)
  t.equal(await installAs('v24.7.0'), '')
})

test('npm start preloads the check', async (t) => {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  t.match(scripts.start, /^node --import \.\/src\/process\/node-version\.js src\/server\.ts$/)
})
