import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { type DestinationStream, multistream, pino } from 'pino'

export interface LogOptions {
  level: string
  pretty: boolean
  /** Path of a file to write beside stdout, rotated by size. */
  file: { path: string; size: string; count: number } | undefined
}

/** Where a secret could stand in something that is logged. */
const SECRETS = [
  'authorization',
  'cookie',
  'password',
  'current_password',
  'new_password',
  'access_token',
  'refresh_token',
  'secret',
]
const REDACTED = [...SECRETS, ...SECRETS.map((name) => `*.${name}`), ...SECRETS.map((name) => `*.*.${name}`)]

/**
 * The log: one JSON object a line on stdout, with the level as a word; for people in development. Written at once and
 * in this thread, so that nothing is lost when the process is killed.
 */
export async function createLog(options: LogOptions): Promise<FastifyBaseLogger> {
  const streams: { level: string; stream: DestinationStream }[] = [
    { level: options.level, stream: standardOutput(options.pretty) },
  ]
  if (options.file) {
    mkdirSync(dirname(options.file.path), { recursive: true, mode: 0o700 })
    // It ships no types.
    const { default: roll } = (await import('pino-roll' as string)) as {
      default: (options: object) => Promise<DestinationStream>
    }
    const stream = await roll({
      file: options.file.path,
      size: options.file.size,
      limit: { count: options.file.count - 1 },
      sync: true,
    })
    streams.push({ level: options.level, stream })
  }
  const [only] = streams
  const destination = streams.length === 1 && only ? only.stream : multistream(streams)
  const log: FastifyBaseLogger = pino(
    {
      level: options.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
    },
    destination,
  )
  return log
}

function standardOutput(pretty: boolean): DestinationStream {
  const plain = pino.destination({ fd: 1, sync: true })
  if (!pretty) return plain
  try {
    const build = createRequire(import.meta.url)('pino-pretty') as (options: object) => DestinationStream
    return build({ sync: true, colorize: process.stdout.isTTY, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
  } catch {
    return plain
  }
}

type Line = [object: unknown, message?: string]

/** The log of a request, made when it is first written to: few requests have more to say than their one line. */
class RequestLog {
  readonly #make: () => FastifyBaseLogger
  #made: FastifyBaseLogger | undefined

  constructor(make: () => FastifyBaseLogger) {
    this.#make = make
  }

  get #log(): FastifyBaseLogger {
    this.#made ??= this.#make()
    return this.#made
  }

  get level(): string {
    return this.#log.level
  }
  fatal(...line: Line): void {
    this.#log.fatal(...line)
  }
  error(...line: Line): void {
    this.#log.error(...line)
  }
  warn(...line: Line): void {
    this.#log.warn(...line)
  }
  info(...line: Line): void {
    this.#log.info(...line)
  }
  debug(...line: Line): void {
    this.#log.debug(...line)
  }
  trace(...line: Line): void {
    this.#log.trace(...line)
  }
  silent(): void {}
  child(...of: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#log.child(...of)
  }
}

export const lazyRequestLog: FastifyInstance['childLoggerFactory'] = (log, bindings, options) =>
  new RequestLog(() => log.child(bindings, options)) as unknown as FastifyBaseLogger
