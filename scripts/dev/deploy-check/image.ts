/** Layer D: the image, built and used for real where something here can. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { type Builder, findBuilder, type Started } from './containers.ts'
import type { ImageFacts } from './dockerfile.ts'
import { type Result, resultOf } from './results.ts'

const PATIENCE_MS = 60_000
const PLACES = { app: '/app', data: '/data' }
const STOP_MS = 10_000

/**
 * Without a network there is no base image, and there are no packages; that says nothing about the Dockerfile. What a
 * program of the build could not reach does.
 */
const OFFLINE =
  /no such host|dial tcp|pulling|i\/o timeout|npm (?:error|ERR!).*(?:ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|_CERT)/i

/** What must not lie in the image, and what its user must not be able to change. */
const lookInside = ({ app, data }: Places) => `
const [app, data] = ${JSON.stringify([app, data])}
const { accessSync, existsSync, readdirSync, constants } = require('node:fs')
const may = (path) => { try { accessSync(path, constants.W_OK); return true } catch { return false } }
const all = readdirSync(app, { recursive: true, encoding: 'utf8' }).map((path) => app + '/' + path)
console.log(JSON.stringify({
  uid: process.getuid(),
  stray: ['.git', '.env', 'test', 'instance', 'node_modules/typescript', 'node_modules/node', 'node_modules/tap']
    .filter((name) => existsSync(app + '/' + name)),
  writable: [app, ...all].filter(may).slice(0, 3),
  data: may(data),
}))`

export const IMAGE_RULES = ['D1', 'D2', 'D3', 'D4', 'D5', 'D6'] as const

const of = (id: (typeof IMAGE_RULES)[number]) => ({ id, profile: 'project', file: 'Dockerfile' })

/** Where the image keeps the program, and what outlives it. */
export interface Places {
  app: string
  data: string
}

interface Options {
  /** An image that is built already; otherwise the Dockerfile is built. */
  name?: string | undefined
  builder?: Builder | undefined
  places?: Places
  /** How long it may take until it is ready. */
  patienceMs?: number
}

/** Builds the image, or takes the one that is named, and uses it. */
export async function checkImage(root: string, facts: ImageFacts, options: Options = {}): Promise<Result[]> {
  const { name, builder = await findBuilder() } = options
  if (builder === undefined) {
    const evidence = 'no docker, podman or buildah works here: the Dockerfile was read, not built'
    return [{ ...of('D1'), status: 'not run', evidence }]
  }
  const image = name ?? 'stock-management-api:deploy-check'
  const built = name === undefined ? await build(builder, root, image) : undefined
  if (built !== undefined && built.status !== 'pass') return [built]
  const origin = await originOf(builder, image)
  return [...(built ? [{ ...built, ...origin }] : []), ...(await use(builder, image, facts, options))]
}

async function build(builder: Builder, root: string, image: string): Promise<Result> {
  const { code, output } = await builder.build(root, image)
  const errors = output.split('\n').filter((line) => /error/i.test(line))
  const evidence = `${builder.name} build ended with ${code}: ${errors.slice(0, 3).join(' | ')}`
  if (code === 0) return { ...of('D1'), status: 'pass', evidence: `built by ${builder.name}` }
  return { ...of('D1'), status: OFFLINE.test(errors.join('\n')) ? 'not run' : 'fail', evidence }
}

/** The official image sets NODE_VERSION; one that stands in for it proves a little less. */
async function originOf(builder: Builder, image: string): Promise<Partial<Result>> {
  if ((await builder.inspect(image, '{{.Config.Env}}')).includes('NODE_VERSION=')) return {}
  return {
    status: 'assumed',
    evidence: `built by ${builder.name} on a stand-in: it is assumed to be like the base image`,
  }
}

async function use(
  builder: Builder,
  image: string,
  { command = [], healthcheck }: ImageFacts,
  { places = PLACES, patienceMs = PATIENCE_MS }: Options,
): Promise<Result[]> {
  const port = await freePort()
  const secrets = Array.from({ length: 3 }, () => randomBytes(48).toString('base64url'))
  const [JWT_SECRET_KEY = '', SECRET_KEY = '', ADMIN_PASSWORD = ''] = secrets
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: `sqlite:${places.data}/stock_management.db`,
    PORT: String(port),
    JWT_SECRET_KEY,
    SECRET_KEY,
    ADMIN_PASSWORD,
  }
  const began = performance.now()
  let started: Started
  try {
    started = await builder.start(image, command, env, port)
  } catch (error) {
    return [resultOf(of('D2'), [`it could not be started: ${(error as Error).message}`])]
  }
  try {
    const ready = await isReady(port, patienceMs)
    const ms = Math.round(performance.now() - began)
    const results = [resultOf(of('D2'), ready ? [] : ['/ready did not answer 200'], `ready after ${ms} ms`)]
    if (ready) results.push(...(await askInside(started, healthcheck, places)))
    return [...results, await stopped(started, secrets)]
  } finally {
    await started.remove()
  }
}

async function isReady(port: number, patienceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(50)) {
    const response = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
    if (response?.status === 200) return true
  }
  return false
}

async function askInside(started: Started, healthcheck: string, places: Places): Promise<Result[]> {
  const { output } = await started.run(['node', '-e', lookInside(places)])
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
      ...(data ? [] : [`${places.data} cannot be written to`]),
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
