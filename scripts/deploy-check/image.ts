/** Layer D: the image, built and used for real where something here can. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { type Builder, findBuilder, type Started } from './containers.ts'
import type { ImageFacts } from './dockerfile.ts'
import { type Result, resultOf } from './results.ts'

const PATIENCE_MS = 60_000
const STOP_MS = 10_000

/** Without a network there is no base image, and there are no packages; that says nothing about the Dockerfile. */
const OFFLINE =
  /no such host|lookup|pulling|i\/o timeout|connection refused|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|_CERT/i

/** What must not lie in the image, and what its user must not be able to change. */
const LOOK_INSIDE = `
const { accessSync, existsSync, readdirSync, constants } = require('node:fs')
const may = (path) => { try { accessSync(path, constants.W_OK); return true } catch { return false } }
const all = readdirSync('/app', { recursive: true, encoding: 'utf8' }).map((path) => '/app/' + path)
console.log(JSON.stringify({
  uid: process.getuid(),
  stray: ['.git', '.env', 'test', 'instance', 'node_modules/typescript', 'node_modules/node', 'node_modules/tap']
    .filter((name) => existsSync('/app/' + name)),
  writable: ['/app', ...all].filter(may).slice(0, 3),
  data: may('/data'),
}))`

const of = (id: string) => ({ id, profile: 'project', file: 'Dockerfile' })

/** @param name an image that is built already; otherwise the Dockerfile is built */
export async function checkImage(root: string, facts: ImageFacts, name: string | undefined): Promise<Result[]> {
  const builder = await findBuilder()
  if (builder === undefined) {
    const evidence = 'no docker, podman or buildah works here: the Dockerfile was read, not built'
    return [{ ...of('D1'), status: 'not run', evidence }]
  }
  const image = name ?? 'stock-management-api:deploy-check'
  const built = name === undefined ? await build(builder, root, image) : undefined
  if (built !== undefined && built.status !== 'pass') return [built]
  const origin = await originOf(builder, image)
  return [...(built ? [{ ...built, ...origin }] : []), ...(await use(builder, image, facts))]
}

async function build(builder: Builder, root: string, image: string): Promise<Result> {
  const { code, output } = await builder.build(root, image)
  const errors = output.split('\n').filter((line) => /error/i.test(line))
  const evidence = `${builder.name} build ended with ${code}: ${errors.slice(0, 3).join(' | ')}`
  if (code === 0) return { ...of('D1'), status: 'pass', evidence: `built by ${builder.name}` }
  return { ...of('D1'), status: OFFLINE.test(output) ? 'not run' : 'fail', evidence }
}

/** The official image sets NODE_VERSION; one that stands in for it proves a little less. */
async function originOf(builder: Builder, image: string): Promise<Partial<Result>> {
  if ((await builder.inspect(image, '{{.Config.Env}}')).includes('NODE_VERSION=')) return {}
  return {
    status: 'assumed',
    evidence: `built by ${builder.name} on a stand-in: it is assumed to be like the base image`,
  }
}

async function use(builder: Builder, image: string, { command = [], healthcheck }: ImageFacts): Promise<Result[]> {
  const port = await freePort()
  const secret = () => randomBytes(48).toString('base64url')
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: 'sqlite:/data/stock_management.db',
    PORT: String(port),
    JWT_SECRET_KEY: secret(),
    SECRET_KEY: secret(),
    ADMIN_PASSWORD: secret(),
  }
  const began = performance.now()
  const started = await builder.start(image, command, env, port)
  try {
    const ready = await isReady(port)
    const ms = Math.round(performance.now() - began)
    const results = [resultOf(of('D2'), ready ? [] : ['/ready did not answer 200'], `ready after ${ms} ms`)]
    if (ready) results.push(...(await lookInside(started, healthcheck)))
    return [...results, await stopped(started, Object.values(env).slice(3))]
  } finally {
    await started.remove()
  }
}

async function isReady(port: number): Promise<boolean> {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(50)) {
    const response = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
    if (response?.status === 200) return true
  }
  return false
}

async function lookInside(started: Started, healthcheck: string): Promise<Result[]> {
  const { output } = await started.run(['node', '-e', LOOK_INSIDE])
  const { uid, stray, writable, data } = JSON.parse(output) as {
    uid: number
    stray: string[]
    writable: string[]
    data: boolean
  }
  const health = await started.run(JSON.parse(/CMD (\[.*\])/.exec(healthcheck)?.[1] ?? '["false"]'))
  const status = await started.run(['node', 'scripts/migrate.ts', 'status'])
  return [
    resultOf(of('D3'), [
      ...(uid === 0 ? ['it runs as root'] : []),
      ...stray.map((name) => `${name} is in the image`),
      ...writable.map((path) => `${path} can be changed by who runs the service`),
      ...(data ? [] : ['/data cannot be written to']),
    ]),
    resultOf(of('D4'), health.code === 0 ? [] : [`the health check ended with ${health.code} while all is well`]),
    resultOf(of('D5'), status.code === 0 ? [] : [`migrate status ended with ${status.code}: ${status.output}`]),
  ]
}

/** @param secrets that must not be in the log */
async function stopped(started: Started, secrets: string[]): Promise<Result> {
  const began = performance.now()
  const { code, output } = await started.stop()
  const ms = Math.round(performance.now() - began)
  return resultOf(
    of('D6'),
    [
      ...(code === 0 ? [] : [`it ended with ${code} after SIGTERM: ${output.slice(-300)}`]),
      ...(ms > STOP_MS ? [`it took ${ms} ms to stop`] : []),
      ...(secrets.some((secret) => output.includes(secret)) ? ['a secret is in the log'] : []),
    ],
    `stopped after ${ms} ms`,
  )
}
