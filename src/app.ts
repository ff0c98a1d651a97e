import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Redis } from 'ioredis'
import type { Config } from './config.ts'
import type { Migrations } from './db/migrator.ts'
import type { Store } from './db/types.ts'
import { registerTokens } from './http/auth.ts'
import { registerBrowserRules } from './http/browser-rules.ts'
import { createTrust, registerClientAddress, requestIds, type Trust } from './http/client-address.ts'
import { endSilentConnections } from './http/connections.ts'
import type { Observer } from './http/effect.ts'
import { Effects } from './http/effects.ts'
import { ReadinessState, registerHealth } from './http/health.ts'
import { registerParsers } from './http/json.ts'
import { createLimiter } from './http/limits.ts'
import { registerNotFound } from './http/not-found.ts'
import { registerOpenApi } from './http/openapi.ts'
import { Cursors } from './http/paging.ts'
import { clientErrorHandler, frameworkErrors, registerProblems } from './http/problems.ts'
import { registerRequestForm } from './http/request-form.ts'
import { createValidatorCompiler, registerStrictQueries } from './http/validation.ts'
import { registerModules, tags, type Wiring } from './modules.ts'
import { lazyRequestLog } from './process/log.ts'

export interface Dependencies {
  config: Config
  store: Store
  migrations: Migrations
  log: FastifyBaseLogger
  redis?: Redis | undefined
  /** Are told of every change, in its transaction. */
  observers?: readonly Observer[]
  /** Runs once, when the database is found migrated. */
  onReady?: (effects: Effects) => Promise<void>
}

export type App = FastifyInstance & { readiness: ReadinessState; effects: Effects }

const BODY_LIMIT = 262_144

/** Builds the whole service on an open database; it listens nowhere yet. */
export async function buildApp({
  config,
  store,
  migrations,
  log,
  redis,
  observers = [],
  onReady = async () => {},
}: Dependencies): Promise<App> {
  const trust = createTrust(config.trustProxy)
  const app = newFastify(trust, log)
  registerProblems(app)
  endSilentConnections(app)
  app.setValidatorCompiler(createValidatorCompiler())
  registerParsers(app)
  const effects = new Effects(store, config.secretKey, observers)
  const readiness = new ReadinessState(migrations, () => onReady(effects))
  registerRequestLog(app, readiness)
  registerClientAddress(app, trust, config.clientIpHeader)
  await registerBrowserRules(app, config.corsOrigins)
  registerRequestForm(app)
  const limit = await createLimiter(app, config.rateLimitMax, redis)
  registerNotFound(app, limit)
  registerOpenApi(app, { title: config.apiTitle, version: config.apiVersion, ui: config.swaggerUi, tags })
  registerStrictQueries(app)
  registerHealth(app, { store, readiness, version: config.apiVersion })
  await registerTokens(app, config.jwtSecretKey, config.jwtAccessTokenExpires)
  const services = { store, effects, cursors: new Cursors(config.secretKey) }
  await app.register((api) => registerApi(api, readiness, { services, config, limit }), { prefix: '/api/v1' })
  return Object.assign(app, { readiness, effects })
}

function newFastify(trust: Trust, log: FastifyBaseLogger): FastifyInstance {
  return Fastify({
    loggerInstance: log,
    childLoggerFactory: lazyRequestLog,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    // Longer than the edges in front of it keep a connection, or they would meet a closed one.
    keepAliveTimeout: 100_000,
    routerOptions: { maxParamLength: 300 },
    trustProxy: trust,
    requestIdHeader: false,
    genReqId: requestIds(trust),
    // How often slow requests are looked for; and no bare 400 from Node, `registerRequestForm` looks at Host.
    http: { connectionsCheckingInterval: 5000, requireHostHeader: false },
    frameworkErrors,
    clientErrorHandler,
    schemaController: { compilersFactory: { buildSerializer: lazySerializers } },
  }).withTypeProvider<TypeBoxTypeProvider>()
}

/** A serialiser is compiled when it is first used, which keeps the start short. */
const lazySerializers: ReturnType<typeof SerializerSelector> = (schemas, options) => {
  const compile = SerializerSelector()(schemas, options)
  return (route) => {
    let serialize: ReturnType<typeof compile> | undefined
    return (payload) => {
      serialize ??= compile(route)
      return serialize(payload)
    }
  }
}

/** One line for each request, when its answer has left. It has no place for a secret, so none is looked for. */
function registerRequestLog(app: FastifyInstance, readiness: ReadinessState): void {
  const log = app.log.child({}, { redact: [] })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const line = {
      reqId: request.id,
      method: request.method,
      url: loggedUrl(request.url),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 100) / 100,
      address: request.clientAddress,
      user: request.actor?.id,
      changes: request.changes,
    }
    if (request.routeOptions.logLevel !== 'silent') log.info(line, 'request')
    // Idle connections end at a stop; this one was not idle then, and would be kept open.
    if (readiness.isStopping) request.raw.socket.end()
    done()
  })
}

/** Values in a query may be tokens, and what people look for: the names alone tell what was asked. */
function loggedUrl(url: string): string {
  const [path = '', ...query] = url.split('?')
  const parts = query.length > 0 ? query.join('?').split('&') : []
  const names = parts.map((part) => (part.includes('=') ? `${part.slice(0, part.indexOf('='))}=*` : '*'))
  return `${path}${names.length > 0 ? '?' : ''}${names.join('&')}`.slice(0, 500)
}

async function registerApi(api: FastifyInstance, readiness: ReadinessState, wiring: Wiring): Promise<void> {
  // A test shares the loop it asks, and keeps it busy by itself.
  if (wiring.config.nodeEnv !== 'test') {
    await api.register(underPressure, { maxEventLoopDelay: 2000 })
  }
  api.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store')
    if (readiness.isCurrent) done()
    else readiness.require().then(() => done(), done)
  })
  await registerModules(api, wiring)
}
