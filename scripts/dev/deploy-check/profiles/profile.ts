/** Something taken from a platform's documents, which nothing here can observe. */
export interface Fact {
  claim: string
  source: string
}

/** A platform as data: a wrong fact about it is one line to put right. */
export interface Profile {
  name: string
  /** What the platform sets by itself in the service's environment. */
  injected: Record<string, string>
  /** Other variables it knows; a name ending in * stands for all that begin so. */
  knows: string[]
  /** The shape of the database's address it hands over. */
  databaseUrl: string
  /**
   * What a connection to the database must do: nothing, encrypt without verifying (nobody can verify the certificate),
   * or verify by the authority the platform hands over.
   */
  tls: 'none' | 'unverifiable' | 'authority'
  /** The shape of a secret it makes, or that a person types. */
  secret: string
  /** Connections the smallest database takes. */
  connections: number
  /** Whether the old version serves on while the new one starts. */
  overlaps: boolean
  /** Seconds from SIGTERM to SIGKILL unless the manifest says so. */
  graceSeconds: number
  /** Headers in which its edge names the client; none: by the last X-Forwarded-For. Undefined: there is no edge. */
  clientHeaders: string[] | undefined
  /** The manifest may set PORT; elsewhere the platform chooses it. */
  ownPort: boolean
  facts: Fact[]
}
