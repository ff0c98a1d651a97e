import type { Profile } from '../profiles/profile.ts'

export interface Variable {
  name: string
  /** As the process would get it; undefined where a person or the platform makes it. */
  value?: string | undefined
  /**
   * `literal` stands in the manifest; `database` and `authority` come from the database; `secret` is made by the platform
   * or asked for without a way round; `optional` may be left empty.
   */
  origin: 'literal' | 'database' | 'authority' | 'secret' | 'optional'
  /** Characters a secret is made with, where the manifest says so. */
  length?: number
}

export interface Command {
  where: string
  /** As in the manifest. */
  text: string
}

/** One manifest's answer to the questions the rules ask, whatever it looks like. */
export interface Deployment {
  profile: Profile
  file: string
  variables: Variable[]
  engine: 'postgresql' | 'sqlite'
  /** What is wrong with the database in the manifest. */
  databaseProblems: string[]
  /** Names that lead nowhere. */
  dangling: string[]
  /** Where migrations run before the service starts. */
  migration: Command | undefined
  migrationProblems: string[]
  commands: Command[]
  /** Paths the platform asks. */
  probes: string[]
  /** The port on which the platform expects the service, where the manifest says so. */
  port: number | undefined
  portProblems: string[]
  instances: number
  /** Connections the database takes; undefined: what the profile says. */
  connections: number | undefined
  graceSeconds: number
  /** Folders that outlive the container. */
  mounts: string[]
  /** Images it takes from elsewhere. */
  imageProblems: string[]
  /** `owner/name` and, where it is said, the branch. */
  sources: { repository: string | undefined; branch: string | undefined }[]
}

/** What most manifests have nothing to say about. */
export function newDeployment(profile: Profile, file: string): Deployment {
  return {
    profile,
    file,
    variables: [],
    engine: 'postgresql',
    databaseProblems: [],
    dangling: [],
    migration: undefined,
    migrationProblems: [],
    commands: [],
    probes: [],
    port: undefined,
    portProblems: [],
    instances: 1,
    connections: undefined,
    graceSeconds: profile.graceSeconds,
    mounts: [],
    imageProblems: [],
    sources: [],
  }
}

/** A pre-deployment command as the one command it must be. */
export function commandOf(where: string, text: unknown): Command | undefined {
  return typeof text === 'string' && text !== '' ? { where, text } : undefined
}
