import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { TLS_MODES } from '../db/tls.ts'

/** Annotations beside JSON Schema's own; `.env.example` and the messages are made from them. */
interface Notes {
  description: string
  default?: unknown
  example?: unknown
  /** What follows "must be" in a message, where type and limits do not say it. */
  expects?: string
  /** Never shown, in whole or in part. */
  secret?: true
}

const integer = (minimum: number, maximum: number, notes: Notes) => Type.Integer({ minimum, maximum, ...notes })

const text = (maxLength: number, notes: Notes) => Type.String({ maxLength, ...notes })

const matching = (pattern: string, maxLength: number, notes: Notes & { expects: string }) =>
  Type.String({ pattern, maxLength, ...notes })

const flag = (notes: Notes) => Type.Boolean(notes)

const choice = <const V extends readonly string[]>(values: V, notes: Notes) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...notes })

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const CLIENT_IP_HEADERS = ['x-real-ip', 'cf-connecting-ip', 'true-client-ip', 'do-connecting-ip'] as const

const server = {
  NODE_ENV: choice(['development', 'test', 'production'], {
    description: 'production refuses weak secrets and does not make any; development and test make them in instance/.',
    default: 'development',
  }),
  HOST: Type.Optional(
    text(255, {
      description: 'Address to listen on. Unset: every address, IPv6 and IPv4.',
      example: '127.0.0.1',
    }),
  ),
  PORT: integer(0, 65535, {
    description: 'Port to listen on; 0 takes any free one. Unset, in development: the next free one from 5000 on.',
    default: 5000,
  }),
  WEB_CONCURRENCY: integer(1, 64, {
    description: 'Processes that serve, on PostgreSQL; each has DB_POOL_SIZE connections. SQLite is served by one.',
    default: 1,
  }),
}

const database = {
  DATABASE_URL: text(4096, {
    description:
      'sqlite:FOLDER/FILE.db or postgresql://USER:PASSWORD@HOST:PORT/NAME. Percent-encode the password (@ is %40, # is %23).',
    default: 'sqlite:instance/stock_management.db',
    example: 'postgresql://stock:PASSWORD@localhost:5432/stock',
    secret: true,
  }),
  DATABASE_SSL: Type.Optional(
    choice(TLS_MODES, {
      description:
        "TLS to PostgreSQL; wins over the URL's sslmode. no-verify encrypts only, verify-ca checks who signed the certificate, verify-full the host name too.",
      example: 'verify-full',
    }),
  ),
  DATABASE_CA_CERT: Type.Optional(
    text(65536, {
      description: "PEM text of the CA that signed the database's certificate; line breaks may be written as \\n.",
      example: '-----BEGIN CERTIFICATE-----\\n...\\n-----END CERTIFICATE-----',
      secret: true, // harmless, but what is pasted here by mistake may be a private key
    }),
  ),
  DB_POOL_SIZE: integer(1, 100, {
    description: 'Connections to PostgreSQL per process. Two versions run side by side during a deployment.',
    default: 5,
  }),
  DB_POOL_TIMEOUT: integer(1, 300, {
    description: 'Seconds to wait for a connection or a lock before answering 503.',
    default: 5,
  }),
  MIGRATE_ON_START: Type.Optional(
    flag({
      description: 'Apply pending migrations at start. Unset: true, but false on PostgreSQL in production.',
      example: true,
    }),
  ),
}

const secrets = {
  JWT_SECRET_KEY: Type.Optional(
    text(1024, {
      description: 'Signs access tokens. At least 32 random bytes; required in production.',
      secret: true,
    }),
  ),
  SECRET_KEY: Type.Optional(
    text(1024, {
      description:
        'Signs page cursors. At least 32 random bytes, not the same as JWT_SECRET_KEY; required in production.',
      secret: true,
    }),
  ),
  JWT_ACCESS_TOKEN_EXPIRES: integer(1, 2_678_400, {
    description: 'Life of an access token, in seconds.',
    default: 3600,
  }),
  JWT_REFRESH_TOKEN_EXPIRES: integer(1, 31_536_000, {
    description: 'Life of a refresh token, in seconds; not shorter than the access token.',
    default: 86400,
  }),
}

const administrator = {
  ADMIN_USERNAME: matching('^\\S+$', 80, {
    description: 'Name of the administrator made in an empty database.',
    expects: 'a name without white space, of at most 80 characters',
    default: 'admin',
  }),
  // RFC 6761 keeps .localhost on this machine: mail sent there by mistake reaches nobody else.
  ADMIN_EMAIL: matching('^[^\\s@]+@[^\\s@.]+(\\.[^\\s@.]+)+$', 254, {
    description: "That administrator's e-mail address.",
    expects: 'an e-mail address such as ana@example.com',
    default: 'admin@stock.localhost',
  }),
  ADMIN_PASSWORD: Type.Optional(
    text(256, {
      description:
        "That administrator's password, at least 12 characters. Unset: a random one is made and printed once.",
      secret: true,
    }),
  ),
}

const http = {
  API_TITLE: text(100, { description: 'Title of the API document.', default: 'Stock Management API' }),
  API_VERSION: Type.Optional(
    text(50, {
      description: 'Version in the API document and in /health. Unset: the version of this program.',
      example: '1.0.0',
    }),
  ),
  SWAGGER_UI: flag({ description: 'Serve Swagger UI at /docs.', default: true }),
  CORS_ORIGINS: Type.Optional(
    text(8192, {
      description: 'Origins whose pages may call the API from a browser, separated by commas. Unset: none.',
      example: 'https://app.example.com,http://localhost:3000',
    }),
  ),
  TRUST_PROXY: Type.Optional(
    text(4096, {
      description:
        'Proxies whose X-Forwarded-* headers count, separated by commas: addresses, CIDR ranges, loopback, linklocal, uniquelocal. Unset: none.',
      example: 'loopback,uniquelocal,100.64.0.0/10',
    }),
  ),
  CLIENT_IP_HEADER: Type.Optional(
    choice(CLIENT_IP_HEADERS, {
      description: 'Header in which those proxies name the client. Needs TRUST_PROXY.',
      example: 'x-real-ip',
    }),
  ),
  RATE_LIMIT_MAX: integer(0, 10_000_000, {
    description: 'Requests one client may make in a minute; 0 is no limit.',
    default: 60_000,
  }),
  REDIS_URL: Type.Optional(
    text(4096, {
      description:
        'Redis in which all processes count the requests of a client together: redis://USER:PASSWORD@HOST:PORT, or rediss:// with TLS. Unset, or while it is away: each counts by itself.',
      example: 'redis://localhost:6379',
      secret: true,
    }),
  ),
}

const logging = {
  LOG_LEVEL: choice(LOG_LEVELS, { description: 'Least important level that is logged.', default: 'info' }),
  LOG_FILE: Type.Optional(text(4096, { description: 'File to log to, besides stdout.', example: 'logs/stock.log' })),
  LOG_FILE_SIZE: matching('^[1-9][0-9]{0,5}[kmg]$', 7, {
    description: 'Size at which the next log file begins: a number and k, m or g.',
    expects: 'a number and k, m or g, e.g. 10m',
    default: '10m',
  }),
  LOG_FILE_COUNT: integer(1, 1000, { description: 'Log files that are kept.', default: 5 }),
}

const business = {
  CURRENCY: choice(Intl.supportedValuesOf('currency'), {
    description: 'Currency of all amounts: an ISO 4217 code in capitals. Amounts are not converted when it changes.',
    expects: 'an ISO 4217 code in capitals, e.g. EUR',
    default: 'EUR',
  }),
}

/** Every variable, by the heading it has in `.env.example`. */
export const sections: Record<string, Record<string, TSchema>> = {
  Server: server,
  Database: database,
  Secrets: secrets,
  'First administrator': administrator,
  HTTP: http,
  Logging: logging,
  Business: business,
}

/** The environment as this program knows it; Ajv fills in the defaults. Other variables are none of its business. */
export const Environment = Type.Object({
  ...server,
  ...database,
  ...secrets,
  ...administrator,
  ...http,
  ...logging,
  ...business,
})
export type Environment = Static<typeof Environment>
export type VariableName = keyof Environment
