import assert from 'node:assert/strict'
import rateLimit, { type CreateRateLimitOptions, normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Redis } from 'ioredis'
import { Problem } from '../errors.ts'

const WINDOW_SECONDS = 60

/** Counts a request against its client; throws Problem `too-many-requests` when that has had enough. */
export type Limiter = (request: FastifyRequest, reply: FastifyReply, client: string) => Promise<void>

/** Whom a request counts against as long as nobody knows who asks; of IPv6, the network that one customer has. */
export const addressClient = (request: FastifyRequest): string => `address ${normalizeIP(request.clientAddress, 64)}`

/**
 * Counts requests per client and minute, and says so in `RateLimit-Policy` and `RateLimit`.
 *
 * @param max requests in a minute; 0 switches the limit off
 * @param redis where all processes count together; while it is away, each counts by itself
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 09)
 */
export async function createLimiter(app: FastifyInstance, max: number, redis?: Redis): Promise<Limiter> {
  if (max === 0) return async () => {}
  const clients = new WeakMap<FastifyRequest, string>()
  const keyGenerator = (request: FastifyRequest) => clients.get(request) ?? addressClient(request)
  const options = { max, timeWindow: WINDOW_SECONDS * 1000, keyGenerator }
  const alone = await createCounter(app, options)
  const together = redis && (await createCounter(app, options, redis))
  const count = together ? (request: FastifyRequest) => together(request).catch(() => alone(request)) : alone
  const policy = `"default";q=${max};w=${WINDOW_SECONDS}`
  return async (request, reply, client) => {
    clients.set(request, client)
    const result = await count(request)
    if (result.isAllowed) return
    reply.header('ratelimit-policy', policy)
    reply.header('ratelimit', `"default";r=${result.remaining};t=${result.ttlInSeconds}`)
    if (result.isExceeded) throw tooMany(max, result.ttlInSeconds)
  }
}

type Counter = ReturnType<FastifyInstance['createRateLimit']>

/** In a context of its own, since the plugin knows one place to count in. */
async function createCounter(app: FastifyInstance, options: CreateRateLimitOptions, redis?: Redis): Promise<Counter> {
  const counters: Counter[] = []
  await app.register(async (context) => {
    await context.register(rateLimit, { global: false, ...(redis && { redis, nameSpace: 'stock:requests:' }) })
    counters.push(context.createRateLimit(options))
  })
  const [counter] = counters
  assert(counter, 'a plugin is registered once it is awaited')
  return counter
}

function tooMany(max: number, seconds: number): Problem {
  const detail = `More than ${max} requests in a minute; go on in ${seconds} s.`
  return new Problem('too-many-requests', detail, { headers: { 'retry-after': String(seconds) } })
}
