import type { FastifyBaseLogger } from 'fastify'
import type { Redis } from 'ioredis'
import type { RedisTarget } from '../config/redis-url.ts'

/** A request does not wait longer for what it can do without. */
const COMMAND_MS = 250
const CONNECT_MS = 2000
const MOST_MS_BETWEEN_TRIES = 5000

/**
 * Connects to Redis, now or whenever it is there. While it is away every command fails at once, and the log has said so
 * once.
 */
export async function openRedis(target: RedisTarget, log: FastifyBaseLogger): Promise<Redis> {
  const { Redis } = await import('ioredis')
  const { tls, username, password, ...place } = target
  const redis = new Redis({
    ...place,
    ...(tls && { tls }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // IPv6 and IPv4, as the name says.
    family: 0,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (tries) => Math.min(tries * 200, MOST_MS_BETWEEN_TRIES),
  })
  let isAway = false
  redis.on('error', (error: Error) => {
    if (!isAway) log.warn({ err: error }, 'Redis is away: each process counts requests by itself')
    isAway = true
  })
  redis.on('ready', () => {
    if (isAway) log.info('Redis is there again')
    isAway = false
  })
  return redis
}
