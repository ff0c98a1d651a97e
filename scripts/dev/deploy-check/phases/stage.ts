/** One deployment brought to life: its environment, its database, and how its platform starts commands. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePort } from '../../free-port.ts'
import type { Deployment } from '../deployments/deployment.ts'
import type { ImageFacts } from '../dockerfile.ts'
import { environmentOf } from '../environment.ts'
import type { LiveDatabase } from './databases.ts'
import { type Running, type Service, start } from './programs.ts'
import { type Credentials, passwordOf } from './use.ts'
import type { Workspace } from './workspace.ts'

/** How long a service may take until it is ready. */
export const START_MS = 60_000

/** Platforms that give a command to a shell; the others start the words themselves. */
const BY_SHELL = new Set(['render', 'heroku', 'railway', 'digitalocean'])

interface ServeOptions {
  url?: string
  cwd?: string
  more?: Record<string, string>
}

export class Stage {
  readonly deployment: Deployment
  /** Undefined: SQLite, in a folder that outlives the service. */
  readonly database: LiveDatabase | undefined
  readonly workspace: Workspace
  readonly #image: ImageFacts
  readonly #secrets = new Map<string, string>()
  readonly #file: string
  readonly logs: Running[] = []

  constructor(deployment: Deployment, image: ImageFacts, database: LiveDatabase | undefined, workspace: Workspace) {
    this.deployment = deployment
    this.database = database
    this.workspace = workspace
    this.#image = image
    this.#file = join(workspace.volume(), 'stock.db')
    for (const { name, origin } of deployment.variables) {
      if (origin === 'secret') this.#secrets.set(name, randomBytes(36).toString('base64url'))
    }
  }

  /** Values that nobody may see in a log: what the platform made, and the database's password. */
  get secrets(): string[] {
    if (this.database === undefined) return [...this.#secrets.values()]
    const { password } = new URL(this.database.url())
    return [...this.#secrets.values(), password, decodeURIComponent(password)]
  }

  /** What the process would get, with the database that is here, and nothing else. */
  environment(url = this.database?.url() ?? `sqlite:${this.#file}`): Record<string, string> {
    const env = environmentOf(this.deployment, this.#image)
    for (const { name, origin } of this.deployment.variables) {
      if (origin === 'authority') env[name] = this.database?.authority ?? ''
      if (origin === 'secret') env[name] = this.#secrets.get(name) ?? ''
    }
    env.DATABASE_URL = url
    return env
  }

  /** The administrator's: what the platform made, or what the first start printed. */
  credentials(log: string): Credentials {
    const username = this.environment().ADMIN_USERNAME ?? 'admin'
    return { username, password: passwordOf(log, this.#secrets.get('ADMIN_PASSWORD')) }
  }

  /** Runs the migration before the start, without a port, as the platform does. */
  migrate(url?: string): Running {
    const { PORT: _port, ...env } = this.environment(url)
    return this.#keep(start(this.workspace, this.#wrap(this.deployment.migration?.text ?? ''), env))
  }

  /** Starts the service on a port of the platform's choice. */
  async serve({ url, cwd, more = {} }: ServeOptions = {}): Promise<Service> {
    const port = await freePort()
    const env = { ...this.environment(url), PORT: String(port), ...more }
    const running = this.#keep(start(this.workspace, this.#image.command ?? [], env, cwd))
    return { port, running }
  }

  #wrap(text: string): string[] {
    return BY_SHELL.has(this.deployment.profile.name) ? ['/bin/sh', '-c', text] : text.split(' ')
  }

  #keep(running: Running): Running {
    this.logs.push(running)
    return running
  }
}
