import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { type Config, ConfigError, loadConfig } from '../src/config.ts'
import { load, problemsOf, withSecrets } from './support/config.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

test('defaults', async (t) => {
  const { jwtSecretKey, secretKey, ...rest } = load()
  t.not(jwtSecretKey, secretKey)
  t.strictSame(rest, {
    nodeEnv: 'development',
    host: undefined,
    port: 5000,
    portIsExplicit: false,
    workers: 1,
    database: { engine: 'sqlite', file: '/srv/stock/instance/stock_management.db' },
    dbPoolSize: 5,
    dbPoolTimeout: 5,
    migrateOnStart: true,
    jwtAccessTokenExpires: 3600,
    jwtRefreshTokenExpires: 86400,
    adminUsername: 'admin',
    adminEmail: 'admin@stock.localhost',
    adminPassword: undefined,
    apiTitle: 'Stock Management API',
    apiVersion: version,
    swaggerUi: true,
    corsOrigins: [],
    trustProxy: [],
    clientIpHeader: undefined,
    rateLimitMax: 60000,
    redis: undefined,
    logLevel: 'info',
    logFile: undefined,
    logFileSize: '10m',
    logFileCount: 5,
    currency: 'EUR',
    notices: [],
  })
})

test('an empty value is an unset one', async (t) => {
  const names = ['HOST', 'PORT', 'DATABASE_URL', 'DATABASE_SSL', 'MIGRATE_ON_START', 'ADMIN_PASSWORD', 'CORS_ORIGINS']
  const { jwtSecretKey, secretKey, ...rest } = load(
    Object.fromEntries(names.map((name, index) => [name, ' '.repeat(index % 2)])),
  )
  const { jwtSecretKey: _, secretKey: __, ...defaults } = load()
  t.strictSame(rest, defaults)
  t.ok(jwtSecretKey && secretKey)
})

test('good values', async (t) => {
  const cases: [variable: string, value: string, expected: Partial<Config>][] = [
    ['NODE_ENV', 'test', { nodeEnv: 'test' }],
    ['NODE_ENV', 'production', { nodeEnv: 'production' }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['HOST', '::', { host: '::' }],
    ['HOST', 'localhost', { host: 'localhost' }],
    ['PORT', '0', { port: 0, portIsExplicit: true }],
    ['PORT', '65535', { port: 65535, portIsExplicit: true }],
    ['PORT', ' 80 ', { port: 80, portIsExplicit: true }],
    ['PORT', '5000', { port: 5000, portIsExplicit: true }],
    ['DATABASE_URL', 'sqlite:///data/x.db', { database: { engine: 'sqlite', file: '/srv/stock/data/x.db' } }],
    ['DATABASE_URL', 'sqlite:////data/x.db', { database: { engine: 'sqlite', file: '/data/x.db' } }],
    ['DB_POOL_SIZE', '100', { dbPoolSize: 100 }],
    ['DB_POOL_TIMEOUT', '1', { dbPoolTimeout: 1 }],
    ['MIGRATE_ON_START', 'false', { migrateOnStart: false }],
    ['MIGRATE_ON_START', 'True', { migrateOnStart: true }],
    ['MIGRATE_ON_START', '0', { migrateOnStart: false }],
    ['JWT_ACCESS_TOKEN_EXPIRES', '60', { jwtAccessTokenExpires: 60 }],
    ['JWT_REFRESH_TOKEN_EXPIRES', '3600', { jwtRefreshTokenExpires: 3600 }],
    ['ADMIN_USERNAME', 'maría', { adminUsername: 'maría' }],
    ['ADMIN_EMAIL', 'ana@example.com', { adminEmail: 'ana@example.com' }],
    ['ADMIN_PASSWORD', 'twelve chars', { adminPassword: 'twelve chars' }],
    ['API_TITLE', 'Almacén', { apiTitle: 'Almacén' }],
    ['API_VERSION', '2.0.0-rc.1', { apiVersion: '2.0.0-rc.1' }],
    ['SWAGGER_UI', 'off', { swaggerUi: false }],
    [
      'CORS_ORIGINS',
      'https://a.example, http://localhost:3000,,https://a.example',
      { corsOrigins: ['https://a.example', 'http://localhost:3000'] },
    ],
    ['TRUST_PROXY', 'loopback, 10.0.0.0/8,::1,fd00::/8', { trustProxy: ['loopback', '10.0.0.0/8', '::1', 'fd00::/8'] }],
    ['RATE_LIMIT_MAX', '0', { rateLimitMax: 0 }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
    ['LOG_FILE', 'logs/a.log', { logFile: '/srv/stock/logs/a.log' }],
    ['LOG_FILE_SIZE', '512k', { logFileSize: '512k' }],
    ['LOG_FILE_COUNT', '1', { logFileCount: 1 }],
    [
      'REDIS_URL',
      'redis://h',
      { redis: { host: 'h', port: 6379, db: 0, username: undefined, password: undefined, tls: undefined } },
    ],
    ['CURRENCY', 'MXN', { currency: 'MXN' }],
  ]
  for (const [variable, value, expected] of cases)
    t.match(load({ [variable]: value }), expected, `${variable}=${value}`)
  t.match(load({ TRUST_PROXY: 'loopback', CLIENT_IP_HEADER: 'cf-connecting-ip' }), {
    clientIpHeader: 'cf-connecting-ip',
  })
})

test('bad values name the variable and what would be right', async (t) => {
  const port = /^PORT: must be a whole number from 0 to 65535/
  const cases: [variable: string, value: string, expected: RegExp][] = [
    ['NODE_ENV', 'prod', /^NODE_ENV: must be one of development, test, production; it is "prod"$/],
    ['HOST', 'http://x', /^HOST: must be an address or a host name/],
    ['HOST', '[::]', /^HOST: /],
    ['HOST', '0.0.0.0:80', /^HOST: /],
    ...['abc', '70000', '-1', '5000abc', '0x50', '5e3', '80.5', '1 2', '８０', 'NaN'].map(
      (value): [string, string, RegExp] => ['PORT', value, port],
    ),
    ['DATABASE_URL', 'mysql://h/d', /^DATABASE_URL: must begin with sqlite:/],
    ['DATABASE_SSL', 'require', /^DATABASE_SSL: must be one of disable, no-verify, verify-ca, verify-full/],
    ['DB_POOL_SIZE', '0', /^DB_POOL_SIZE: must be a whole number from 1 to 100; it is 0$/],
    ['DB_POOL_SIZE', '101', /^DB_POOL_SIZE: /],
    ['DB_POOL_TIMEOUT', '0', /^DB_POOL_TIMEOUT: /],
    ['MIGRATE_ON_START', 'maybe', /^MIGRATE_ON_START: must be true or false; it is "maybe"$/],
    ['JWT_ACCESS_TOKEN_EXPIRES', '0', /^JWT_ACCESS_TOKEN_EXPIRES: /],
    ['JWT_ACCESS_TOKEN_EXPIRES', '1h', /^JWT_ACCESS_TOKEN_EXPIRES: /],
    ['JWT_REFRESH_TOKEN_EXPIRES', '3599', /^JWT_REFRESH_TOKEN_EXPIRES: must not be less than JWT_ACCESS/],
    ['ADMIN_USERNAME', 'a b', /^ADMIN_USERNAME: must be a name without white space/],
    ['ADMIN_EMAIL', 'admin', /^ADMIN_EMAIL: must be an e-mail address/],
    ['ADMIN_EMAIL', 'a@b', /^ADMIN_EMAIL: /],
    ['ADMIN_PASSWORD', 'short', /^ADMIN_PASSWORD: must have at least 12 characters, it has 5$/],
    ['ADMIN_PASSWORD', ' twelve chars ', /^ADMIN_PASSWORD: must not begin or end with white space$/],
    ['API_TITLE', 'x'.repeat(101), /^API_TITLE: must not be longer than 100 characters; it is "x{58}…$/],
    ['SWAGGER_UI', '2', /^SWAGGER_UI: must be true or false/],
    ['CORS_ORIGINS', '*', /^CORS_ORIGINS: must list exact origins: with \* any web page/],
    ['CORS_ORIGINS', 'https://*.example.com', /^CORS_ORIGINS: must list exact origins/],
    ['CORS_ORIGINS', 'null', /^CORS_ORIGINS: must list origins such as/],
    ['CORS_ORIGINS', 'a.example', /^CORS_ORIGINS: must list origins such as/],
    ['CORS_ORIGINS', 'localhost:3000', /^CORS_ORIGINS: must list origins such as/],
    ['CORS_ORIGINS', 'https://a.example/', /must be written https:\/\/a\.example; it has "https:\/\/a\.example\/"$/],
    ['CORS_ORIGINS', 'https://a.example/app', /must be written https:\/\/a\.example;/],
    ['CORS_ORIGINS', 'https://a.example:443', /must be written https:\/\/a\.example;/],
    ['CORS_ORIGINS', 'https://A.example', /must be written https:\/\/a\.example;/],
    ['CORS_ORIGINS', 'https://ok.example,ftp://a.example', /must list origins such as/],
    ['TRUST_PROXY', 'true', /^TRUST_PROXY: must name the proxies: true would believe/],
    ['TRUST_PROXY', '1', /^TRUST_PROXY: must name the proxies: a number of hops is ignored/],
    ['TRUST_PROXY', '0.0.0.0/0', /^TRUST_PROXY: must not trust every address/],
    ['TRUST_PROXY', 'loopback,::/0', /^TRUST_PROXY: must not trust every address/],
    ['TRUST_PROXY', 'nginx', /^TRUST_PROXY: must list addresses, CIDR ranges or loopback/],
    ['TRUST_PROXY', '10.0.0.0/33', /^TRUST_PROXY: must list/],
    ['TRUST_PROXY', '10.0.0.0/255.0.0.0', /^TRUST_PROXY: must list/],
    ['CLIENT_IP_HEADER', 'x-real-ip', /^CLIENT_IP_HEADER: needs TRUST_PROXY/],
    ['CLIENT_IP_HEADER', 'x-forwarded-for', /^CLIENT_IP_HEADER: must be one of x-real-ip, /],
    ['RATE_LIMIT_MAX', '-1', /^RATE_LIMIT_MAX: /],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL: must be one of trace, /],
    ['LOG_FILE_SIZE', '10', /^LOG_FILE_SIZE: must be a number and k, m or g, e\.g\. 10m; it is "10"$/],
    ['LOG_FILE_SIZE', '0m', /^LOG_FILE_SIZE: /],
    ['LOG_FILE_COUNT', '0', /^LOG_FILE_COUNT: /],
    ['CURRENCY', 'eur', /^CURRENCY: must be an ISO 4217 code in capitals/],
    ['CURRENCY', 'EURO', /^CURRENCY: /],
    ['CURRENCY', 'XQQ', /^CURRENCY: /],
  ]
  for (const [variable, value, expected] of cases) {
    t.match(problemsOf({ [variable]: value }), [expected], `${variable}=${value}`)
    t.equal(problemsOf({ [variable]: value }).length, 1, `${variable}=${value}: nothing else`)
  }
})

test('all problems are told at once', async (t) => {
  const wrong = {
    NODE_ENV: 'production',
    PORT: 'x',
    CURRENCY: 'x',
    CORS_ORIGINS: '*',
    JWT_SECRET_KEY: '',
    DATABASE_URL: 'x',
  }
  t.throws(() => load(wrong), {
    name: 'ConfigError',
    message:
      /^The configuration is not usable:\n {2}- PORT: .*\n {2}- CURRENCY: .*\n {2}- DATABASE_URL: .*\n {2}- JWT_SECRET_KEY: .*\n {2}- CORS_ORIGINS: .*$/,
  })
})

test('PostgreSQL: the database’s own variables', async (t) => {
  const DATABASE_URL = 'postgres://u:p@h/d?sslmode=require'
  const { database, notices } = load({ DATABASE_URL })
  t.match(database, { engine: 'postgresql', connection: { host: 'h', ssl: { rejectUnauthorized: false } } })
  t.match(notices, [/nobody checks who answers/])
  t.match(load({ DATABASE_URL, DATABASE_SSL: 'verify-full' }).database, {
    connection: { ssl: { rejectUnauthorized: true } },
  })
  t.match(problemsOf({ DATABASE_URL, DATABASE_CA_CERT: 'x' }), [/^DATABASE_CA_CERT: must be a certificate in PEM form/])
  t.match(load({ DATABASE_SSL: 'verify-full' }).notices, ['DATABASE_SSL has no effect: the database is SQLite.'])
})

test('migrations at start: by itself, except on PostgreSQL in production', async (t) => {
  const DATABASE_URL = 'postgres://u:p@h/d'
  t.equal(load({ NODE_ENV: 'production' }).migrateOnStart, true)
  t.equal(load({ DATABASE_URL }).migrateOnStart, true)
  t.equal(load({ DATABASE_URL, NODE_ENV: 'test' }).migrateOnStart, true)
  t.equal(load({ DATABASE_URL, NODE_ENV: 'production' }).migrateOnStart, false)
  t.equal(load({ DATABASE_URL, NODE_ENV: 'production', MIGRATE_ON_START: 'true' }).migrateOnStart, true)
})

test('frozen through and through', async (t) => {
  const config = load({ DATABASE_URL: 'postgres://u:p@h/d?sslmode=require', CORS_ORIGINS: 'https://a.example' })
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    t.ok(Object.isFrozen(value), path)
    for (const [key, part] of Object.entries(value)) walk(part, `${path}.${key}`)
  }
  walk(config, 'config')
})

test('.env completes the environment, and loses against it', async (t) => {
  const cwd = t.testdir({ '.env': 'API_TITLE="From the file"\nCURRENCY=USD\n' })
  const saved = { ...process.env }
  t.teardown(() => {
    process.env = saved
  })
  process.env = withSecrets({ CURRENCY: 'MXN' }) as NodeJS.ProcessEnv
  t.match(loadConfig(undefined, { cwd }), { apiTitle: 'From the file', currency: 'MXN' })
  process.env.NODE_ENV = 'test'
  t.match(loadConfig(undefined, { cwd }), { apiTitle: 'Stock Management API' }, 'tests do not depend on it')
  process.env.NODE_ENV = 'development'
  t.match(loadConfig(undefined, { cwd: t.testdirName }), { currency: 'MXN' })
  t.throws(
    () => loadConfig(undefined, { cwd: t.testdir({ '.env': {} }) }),
    new ConfigError(['.env: cannot be read (EISDIR)']),
  )
})
