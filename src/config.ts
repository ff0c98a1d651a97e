import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { RawEnvironment } from './config/legacy.ts'
import { checkHost, parseOrigins, parseProxies } from './config/network.ts'
import { checkDisk } from './config/platform.ts'
import { ConfigError, Problems } from './config/problems.ts'
import { readVariables, type Variables } from './config/read.ts'
import { parseRedisUrl, type RedisTarget } from './config/redis-url.ts'
import type { Environment } from './config/schema.ts'
import { keepSecrets, MISSING_SECRET, weaknessOfPassword, weaknessOfSecret } from './config/secrets.ts'
import { type DatabaseTarget, parseDatabaseUrl } from './db/url.ts'
import { codeOf } from './values/caught.ts'

export { ConfigError }

/** What the environment says, checked. Named after the variables, whose meaning `src/config/schema.ts` tells. */
export interface Config {
  readonly nodeEnv: Environment['NODE_ENV']
  /** Undefined: every address; which family, the listener finds out. */
  readonly host: string | undefined
  readonly port: number
  /** A port somebody chose is never exchanged for the next free one. */
  readonly portIsExplicit: boolean
  /** Processes that serve. */
  readonly workers: number
  /** From DATABASE_URL, DATABASE_SSL and DATABASE_CA_CERT; SQLite's file is an absolute path. */
  readonly database: DatabaseTarget
  readonly dbPoolSize: number
  /** Seconds. */
  readonly dbPoolTimeout: number
  readonly migrateOnStart: boolean
  readonly jwtSecretKey: string
  readonly secretKey: string
  /** Seconds. */
  readonly jwtAccessTokenExpires: number
  /** Seconds. */
  readonly jwtRefreshTokenExpires: number
  readonly adminUsername: string
  readonly adminEmail: string
  readonly adminPassword: string | undefined
  readonly apiTitle: string
  readonly apiVersion: string
  readonly swaggerUi: boolean
  /** As browsers write them in Origin; empty: no page of another origin may call. */
  readonly corsOrigins: readonly string[]
  /** For Fastify's `trustProxy`; empty: trust none. */
  readonly trustProxy: readonly string[]
  readonly clientIpHeader: Environment['CLIENT_IP_HEADER']
  /** Requests per minute and client; 0 is no limit. */
  readonly rateLimitMax: number
  /** Where all processes count them together. */
  readonly redis: RedisTarget | undefined
  readonly logLevel: Environment['LOG_LEVEL']
  /** Absolute path. */
  readonly logFile: string | undefined
  /** As pino-roll takes it: `10m`. */
  readonly logFileSize: string
  readonly logFileCount: number
  /** ISO 4217. */
  readonly currency: string
  /** Sentences to log once at start; no secret in them. */
  readonly notices: readonly string[]
}

export interface ConfigOptions {
  /** Where `.env`, relative paths and `instance/` are; default: the working directory. */
  cwd?: string
}

/**
 * Reads the environment, once. In development and test, secrets that are not set are made and kept in
 * `instance/secrets.json`, after everything else was found right.
 *
 * @param env default: process.env, completed from `.env` in `cwd`
 * @returns frozen through and through
 * @throws ConfigError listing every variable that is wrong
 */
export function loadConfig(env?: RawEnvironment, { cwd = process.cwd() }: ConfigOptions = {}): Config {
  const problems = new Problems()
  const raw = env ?? readEnvironment(cwd)
  const read = readVariables(raw, problems)
  const { values } = read
  const notices = [...read.notices]
  const production = values.NODE_ENV === 'production'

  const database = readDatabase(read, cwd, problems, notices)
  if (database?.engine === 'sqlite') checkDisk(raw, database.file, problems)
  checkSecrets(values, production, problems, notices)
  checkLifetimes(values, problems)
  const network = readNetwork(values, problems)
  problems.throwIfAny()

  const { jwtSecretKey, secretKey } = completeSecrets(values, cwd, problems)
  problems.throwIfAny()
  assert(database, 'a database that cannot be read is a problem')
  return deepFreeze({
    nodeEnv: values.NODE_ENV,
    ...network,
    port: values.PORT,
    portIsExplicit: read.given.has('PORT'),
    workers: countWorkers(values, database, notices),
    database,
    dbPoolSize: values.DB_POOL_SIZE,
    dbPoolTimeout: values.DB_POOL_TIMEOUT,
    // Behind a load balancer several instances start at once, and a slow migration must not fail the health check.
    migrateOnStart: values.MIGRATE_ON_START ?? !(production && database?.engine === 'postgresql'),
    jwtSecretKey,
    secretKey,
    jwtAccessTokenExpires: values.JWT_ACCESS_TOKEN_EXPIRES,
    jwtRefreshTokenExpires: values.JWT_REFRESH_TOKEN_EXPIRES,
    adminUsername: values.ADMIN_USERNAME,
    adminEmail: values.ADMIN_EMAIL,
    adminPassword: values.ADMIN_PASSWORD,
    apiTitle: values.API_TITLE,
    apiVersion: values.API_VERSION ?? programVersion(),
    swaggerUi: values.SWAGGER_UI,
    rateLimitMax: values.RATE_LIMIT_MAX,
    logLevel: values.LOG_LEVEL,
    logFile: values.LOG_FILE === undefined ? undefined : resolve(cwd, values.LOG_FILE),
    logFileSize: values.LOG_FILE_SIZE,
    logFileCount: values.LOG_FILE_COUNT,
    currency: values.CURRENCY,
    notices,
  })
}

/**
 * process.env, completed from a `.env` file in `cwd` where there is one: what is set outside wins. Tests leave the
 * file alone, or they would pass or fail by what a developer keeps in it.
 */
function readEnvironment(cwd: string): RawEnvironment {
  if (process.env.NODE_ENV === 'test') return process.env
  try {
    return { ...parseEnv(readFileSync(join(cwd, '.env'), 'utf8')), ...process.env }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return process.env
    throw new ConfigError([`.env: cannot be read (${code})`])
  }
}

function readDatabase({ values, given }: Variables, cwd: string, problems: Problems, notices: string[]) {
  const target = problems.try('DATABASE_URL', () =>
    parseDatabaseUrl(values.DATABASE_URL, { ssl: values.DATABASE_SSL, caCert: values.DATABASE_CA_CERT }),
  )
  if (target?.engine === 'postgresql') notices.push(...target.notices)
  if (target?.engine !== 'sqlite') return target
  for (const name of ['DATABASE_SSL', 'DATABASE_CA_CERT']) {
    if (given.has(name)) notices.push(`${name} has no effect: the database is SQLite.`)
  }
  return { ...target, file: resolve(cwd, target.file) }
}

function checkSecrets(values: Environment, production: boolean, problems: Problems, notices: string[]): void {
  for (const name of ['JWT_SECRET_KEY', 'SECRET_KEY'] as const) {
    const secret = values[name]
    const weakness = secret === undefined ? MISSING_SECRET : weaknessOfSecret(secret)
    if (weakness === undefined) continue
    if (production) problems.add(name, weakness)
    else if (secret !== undefined) notices.push(`${name} is too weak for production.`)
  }
  if (production && values.SECRET_KEY !== undefined && values.SECRET_KEY === values.JWT_SECRET_KEY) {
    problems.add('SECRET_KEY', 'must differ from JWT_SECRET_KEY, or a leak of one is a leak of both')
  }
  const password = values.ADMIN_PASSWORD
  const weakness = password === undefined ? undefined : weaknessOfPassword(password, production)
  if (weakness !== undefined) problems.add('ADMIN_PASSWORD', weakness)
}

function checkLifetimes(values: Environment, problems: Problems): void {
  if (values.JWT_REFRESH_TOKEN_EXPIRES < values.JWT_ACCESS_TOKEN_EXPIRES) {
    problems.add('JWT_REFRESH_TOKEN_EXPIRES', 'must not be less than JWT_ACCESS_TOKEN_EXPIRES')
  }
}

function readNetwork(values: Environment, problems: Problems) {
  const { HOST, TRUST_PROXY = '', CORS_ORIGINS = '', CLIENT_IP_HEADER, REDIS_URL } = values
  const host = HOST === undefined ? undefined : problems.try('HOST', () => checkHost(HOST))
  const trustProxy = problems.try('TRUST_PROXY', () => parseProxies(TRUST_PROXY)) ?? []
  const corsOrigins = problems.try('CORS_ORIGINS', () => parseOrigins(CORS_ORIGINS)) ?? []
  if (CLIENT_IP_HEADER !== undefined && TRUST_PROXY === '') {
    problems.add('CLIENT_IP_HEADER', 'needs TRUST_PROXY: from any other sender the header could be forged')
  }
  const redis = REDIS_URL === undefined ? undefined : problems.try('REDIS_URL', () => parseRedisUrl(REDIS_URL))
  return { host, trustProxy, corsOrigins, clientIpHeader: CLIENT_IP_HEADER, redis }
}

/** Several processes would only wait for each other's turn to write to a file, and group fewer writes into a commit. */
function countWorkers(values: Environment, database: DatabaseTarget | undefined, notices: string[]): number {
  const { WEB_CONCURRENCY: workers } = values
  if (workers === 1 || database?.engine !== 'sqlite') return workers
  notices.push(`WEB_CONCURRENCY=${workers} has no effect: one process serves an SQLite database.`)
  return 1
}

function completeSecrets(values: Environment, cwd: string, problems: Problems) {
  const { JWT_SECRET_KEY, SECRET_KEY } = values
  if (JWT_SECRET_KEY !== undefined && SECRET_KEY !== undefined) {
    return { jwtSecretKey: JWT_SECRET_KEY, secretKey: SECRET_KEY }
  }
  const missing = JWT_SECRET_KEY === undefined ? 'JWT_SECRET_KEY' : 'SECRET_KEY'
  const kept = problems.try(missing, () => keepSecrets(join(cwd, 'instance')))
  return {
    jwtSecretKey: JWT_SECRET_KEY ?? kept?.JWT_SECRET_KEY ?? '',
    secretKey: SECRET_KEY ?? kept?.SECRET_KEY ?? '',
  }
}

/** The same place seen from `src` and from `dist`. */
function programVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version }: { version: string } = JSON.parse(text)
  return version
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
