export interface ComposeFile {
  services?: Record<string, Service>
  volumes?: object
  networks?: object
  configs?: object
}

export interface Service {
  image?: string
  build?: unknown
  command?: unknown
  environment?: Record<string, unknown>
  depends_on?: object
  healthcheck?: { test?: unknown }
  ports?: (string | number)[]
  volumes?: string[]
  networks?: string[]
  configs?: { source: string }[]
  restart?: string
  stop_grace_period?: string
  profiles?: string[]
}

/** Services that nobody but this machine may reach: what they guard has no second lock, or a weak one. */
const PRIVATE = /postgres|pgadmin|redis/

/** What is wrong with the images a compose file takes from elsewhere, and with how they are used. */
export function imageProblems(services: Record<string, Service>): string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const { image = '', ports = [], volumes = [], healthcheck } = service
    if (image.endsWith(':local')) return []
    const [, repository = '', tag = ''] = /^(.+?)(?::([^/:]+))?$/.exec(image) ?? []
    const problems = tag === '' || tag === 'latest' ? [`${name}: ${image} names no version`] : []
    const open = ports.map(String).filter((port) => PRIVATE.test(repository) && !/^(?:127\.0\.0\.1|\[?::1)/.test(port))
    problems.push(...open.map((port) => `${name}: ${port} is published beyond this machine, past its firewall`))
    if (repository === 'postgres') problems.push(...postgresProblems(name, tag, volumes, healthcheck?.test))
    return problems
  })
}

function postgresProblems(name: string, tag: string, volumes: string[], test: unknown): string[] {
  const target = volumes.map((volume) => volume.split(':')[1] ?? '').find((path) => path.startsWith('/var/lib'))
  const wanted = Number.parseInt(tag, 10) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data'
  const words = [test].flat().map(String).join(' ')
  return [
    ...(target === wanted ? [] : [`${name}: version ${tag} keeps its data in ${wanted}, the volume is at ${target}`]),
    ...(/pg_isready.* -h /.test(words) ? [] : [`${name}: pg_isready without -h answers while it still initialises`]),
  ]
}

/** `20s`, `1m30s` in seconds. */
export function secondsOf(duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? []
  return Number(minutes) * 60 + Number(seconds)
}
