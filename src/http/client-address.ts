import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** Address of the client, seen through the proxies that are trusted. */
    clientAddress: string
  }
}

/** Whether what the sender at an address says about its client is believed. */
export type Trust = (address: string | undefined) => boolean

const RANGES: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/**
 * Whom to believe.
 *
 * @param proxies addresses, CIDR ranges and the names of ranges, as TRUST_PROXY has them
 */
export function createTrust(proxies: readonly string[]): Trust {
  const trusted = new BlockList()
  for (const proxy of proxies.flatMap((name) => RANGES[name] ?? [name])) {
    const [address = '', bits] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    trusted.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return (address) => {
    const plain = withoutZone(address ?? '')
    const family = isIP(plain)
    // An IPv4 address mapped into IPv6, as a socket on `::` shows it, counts as what it is.
    return family !== 0 && trusted.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/**
 * Gives requests their `clientAddress`. A header in which a platform's edge names the client is believed only when the
 * sender itself is trusted; from anybody else it could be forged.
 *
 * @param header such as `x-real-ip`
 */
export function registerClientAddress(app: FastifyInstance, trust: Trust, header: string | undefined): void {
  app.decorateRequest('clientAddress', {
    getter(this: FastifyRequest) {
      const told = header !== undefined && trust(this.socket.remoteAddress) ? this.headers[header] : undefined
      return unmapped(typeof told === 'string' && isIP(told.trim()) !== 0 ? told.trim() : this.ip)
    },
  })
}

/** Ids for requests: the one a trusted proxy gave, so that its log and ours can be read together, or a random one. */
export const requestIds = (trust: Trust) => (request: IncomingMessage) => {
  const given = request.headers['x-request-id']
  const usable = typeof given === 'string' && /^[\w.:/+=-]{1,128}$/.test(given)
  return usable && trust(request.socket.remoteAddress) ? given : randomUUID()
}

const withoutZone = (address: string) => address.replace(/%.*/s, '')

const unmapped = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
