/** Layer C: what a platform does with the service, done here with a database of the same kind. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { startDatabase } from './databases.ts'
import type { Deployment } from './deployments/deployment.ts'
import type { ImageFacts } from './dockerfile.ts'
import { environmentOf } from './environment.ts'
import { arriveLate, LATE_MS } from './late-database.ts'
import { copyImageFiles, type Process, runCommandIn, startService } from './processes.ts'
import type { Project } from './project.ts'
import { type Result, resultOf } from './results.ts'
import { useOnce } from './use.ts'

interface Scene {
  deployment: Deployment
  command: string[]
  folder: string
  env: Record<string, string>
  port: number
  connections: () => Promise<number>
}

/** What platforms also do, and what is not done here. */
export const NOT_PLAYED: Result[] = [
  'the old version serving on while the new one starts',
  'a connection pooler between the service and its database',
  'the container of the platform: memory limits, gVisor, another architecture, its builder',
].map((evidence) => ({
  id: 'C0',
  profile: 'project',
  file: '',
  status: 'not run',
  evidence: `not emulated: ${evidence}`,
}))

/** Every phase of one deployment, in the order a platform has them. */
export async function checkPhases(project: Project, deployment: Deployment, image: ImageFacts): Promise<Result[]> {
  const { folder, remove } = copyImageFiles(project)
  const server =
    deployment.engine === 'postgresql' ? await startDatabase(deployment.profile, deployment.connections) : undefined
  try {
    const port = await freePort()
    const env = environmentOf(deployment, image)
    env.DATABASE_URL = server?.url ?? `sqlite:${join(folder, 'data', 'stock.db')}`
    env.PORT = String(port)
    if (env.TRUST_PROXY !== undefined) env.TRUST_PROXY += ',loopback'
    if (server?.authority !== undefined && env.DATABASE_CA_CERT !== undefined) env.DATABASE_CA_CERT = server.authority
    const connections = server?.connections ?? (async () => 0)
    return await play({ deployment, command: image.command ?? [], folder, env, port, connections })
  } finally {
    await server?.stop()
    remove()
  }
}

async function play(scene: Scene): Promise<Result[]> {
  const results: Result[] = []
  if (scene.deployment.migration !== undefined) {
    results.push(await migrated(scene, scene.deployment.migration.text))
    if (results[0]?.status === 'fail') return results
  }
  const first = startService(scene.folder, scene.command, scene.env)
  const probed = await probe(scene, first)
  results.push(probed)
  if (probed.status === 'pass') {
    results.push(await used(scene, first, 'C7'))
    if (scene.deployment.profile.clientHeaders !== undefined) results.push(await seen(scene, first))
    results.push(await stopped(scene, first), logged(scene, first))
    const second = startService(scene.folder, scene.command, scene.env)
    results.push(await used(scene, second, 'C9'))
    await second.stop(scene.deployment.graceSeconds)
  } else await first.stop(1)
  return results
}

const of = ({ deployment: { profile, file } }: Scene, id: string) => ({ id, profile: profile.name, file })

/** Twice, because platforms do it at every deployment; and first before the database is there. Nobody gives it a port. */
async function migrated(scene: Scene, text: string): Promise<Result> {
  const { PORT: _, DATABASE_URL = '', ...env } = scene.env
  const problems: string[] = []
  const late = await arriveLate(DATABASE_URL)
  const rounds = [
    { url: late.url, wanted: /^applied /m },
    { url: DATABASE_URL, wanted: /^Nothing to do/m },
  ]
  for (const { url, wanted } of rounds) {
    const { code, said } = await runCommandIn(scene.folder, text, { ...env, DATABASE_URL: url })
    if (code === 0 && wanted.test(said)) continue
    problems.push(`"${text}" ended with ${code}: ${masked(scene, said).slice(-300)}`)
  }
  late.close()
  const evidence = `${text}: waited ${LATE_MS / 1000} s for the database, and had nothing left to do when run again`
  return resultOf(of(scene, 'C4'), problems, evidence)
}

async function probe(scene: Scene, service: Process): Promise<Result> {
  const began = performance.now()
  const paths = scene.deployment.probes.length === 0 ? ['/ready'] : scene.deployment.probes
  const problems: string[] = []
  for (const path of paths) {
    if (await service.answers(scene.port, path)) continue
    problems.push(`${path} did not answer 200: ${masked(scene, service.stderr() || service.stdout()).slice(-300)}`)
    break
  }
  return resultOf(of(scene, 'C6'), problems, `${paths.join(', ')} after ${Math.round(performance.now() - began)} ms`)
}

/** C7 makes what C9 finds again after a restart. */
async function used(scene: Scene, service: Process, id: 'C7' | 'C9'): Promise<Result> {
  if (!(await service.answers(scene.port, '/ready'))) return resultOf(of(scene, id), ['it did not become ready'])
  const printed = /^\s*password\s+(\S+)$/m.exec(service.stderr())?.[1]
  scene.env.ADMIN_PASSWORD ??= printed ?? ''
  const origin = `http://127.0.0.1:${scene.port}`
  return resultOf(of(scene, id), await useOnce(origin, scene.env.ADMIN_PASSWORD, id === 'C7'))
}

/** Through the edge's headers, with a forged address in front; here the loopback stands for the edge. */
async function seen(scene: Scene, service: Process): Promise<Result> {
  const [header] = scene.deployment.profile.clientHeaders ?? []
  const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9', ...(header ? { [header]: '203.0.113.9' } : {}) }
  await fetch(`http://127.0.0.1:${scene.port}/api/v1/auth/me`, { headers })
  // The line is written when the answer has left.
  const line = () => /^.*\/api\/v1\/auth\/me.*$/m.exec(service.stdout())?.[0]
  for (let tries = 0; line() === undefined && tries < 50; tries += 1) await sleep(20)
  const { address } = JSON.parse(line() ?? '{}') as { address?: string }
  const problems = address === '203.0.113.9' ? [] : [`the client is 203.0.113.9, the service saw ${address}`]
  return resultOf(of(scene, 'C8'), problems, 'the client is seen past a forged address')
}

async function stopped(scene: Scene, service: Process): Promise<Result> {
  const { graceSeconds } = scene.deployment
  const { code, ms } = await service.stop(graceSeconds)
  const open = await scene.connections()
  const problems = [
    ...(code === 0 ? [] : [`SIGTERM: it ended with ${code} after ${ms} ms of ${graceSeconds * 1000}`]),
    ...(open === 0 ? [] : [`${open} connections to the database are still open`]),
  ]
  return resultOf(of(scene, 'C10'), problems, `ended with 0 after ${ms} ms`)
}

function logged(scene: Scene, service: Process): Result {
  const lines = service
    .stdout()
    .split('\n')
    .filter((line) => line !== '')
  const strange = lines.filter((line) => !/^\{"level":"[a-z]+","time":".*\}$/.test(line) || line.length > 10_000)
  const all = service.stdout() + service.stderr()
  const leaks = secretsOf(scene).filter(([, value]) => all.includes(value))
  return resultOf(
    of(scene, 'C12'),
    [
      ...strange.slice(0, 1).map((line) => `no line of JSON with level and time: ${masked(scene, line).slice(0, 200)}`),
      ...leaks.map(([name]) => `${name} is in the log`),
    ],
    `${lines.length} lines`,
  )
}

function secretsOf({ env }: Scene): [string, string][] {
  const password = decodeURIComponent(/:\/\/[^:]*:([^@]*)@/.exec(env.DATABASE_URL ?? '')?.[1] ?? '')
  const keys = ['JWT_SECRET_KEY', 'SECRET_KEY'].map((name): [string, string] => [name, env[name] ?? ''])
  return [...keys, ['DATABASE_URL', password] as [string, string]].filter(([, value]) => value !== '')
}

function masked(scene: Scene, text: string): string {
  return secretsOf(scene).reduce((rest, [name, value]) => rest.replaceAll(value, `<${name}>`), text.trim())
}
