import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'

const WINDOW_SECONDS = 60

declare module 'fastify' {
  interface FastifyRequest {
    /** Address of the client, seen through the proxies that are trusted. */
    clientAddress: string
  }
}

/**
 * The address a request came from. A header that a platform's edge sets is believed only when the request came
 * through a trusted proxy; otherwise anybody could write it.
 *
 * @param clientIpHeader such as `x-real-ip`
 */
export function registerClientAddress(app: FastifyInstance, clientIpHeader: string | undefined): void {
  app.decorateRequest('clientAddress', {
    getter(this: FastifyRequest) {
      const throughProxy = clientIpHeader !== undefined && this.ips !== undefined && this.ips.length > 1
      const told = throughProxy ? this.headers[clientIpHeader] : undefined
      return typeof told === 'string' && told.length <= 45 ? told : this.ip
    },
  })
}

export type Limiter = (request: FastifyRequest, reply: FastifyReply, client: string) => Promise<void>

/**
 * Counts requests per client and minute, and says so in `RateLimit-Policy` and `RateLimit`.
 *
 * @param max requests in a minute; 0 switches the limit off
 * @returns counts one request; throws Problem `too-many-requests` when the client has had enough
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 09)
 */
export async function createLimiter(app: FastifyInstance, max: number): Promise<Limiter> {
  if (max === 0) return async () => {}
  await app.register(rateLimit, { global: false })
  const clients = new WeakMap<FastifyRequest, string>()
  const keyGenerator = (request: FastifyRequest) => clients.get(request) ?? request.clientAddress
  const count = app.createRateLimit({ max, timeWindow: WINDOW_SECONDS * 1000, keyGenerator })
  return async (request, reply, client) => {
    clients.set(request, client)
    const result = await count(request)
    if (result.isAllowed) return
    reply.header('ratelimit-policy', `"default";q=${max};w=${WINDOW_SECONDS}`)
    reply.header('ratelimit', `"default";r=${result.remaining};t=${result.ttlInSeconds}`)
    if (result.isExceeded) {
      throw new Problem(
        'too-many-requests',
        `More than ${max} requests in a minute; go on in ${result.ttlInSeconds} s.`,
        {
          headers: { 'retry-after': String(result.ttlInSeconds) },
        },
      )
    }
  }
}
