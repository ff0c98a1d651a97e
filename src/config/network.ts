import { isIP } from 'node:net'

/** Address blocks that proxy-addr, under Fastify's `trustProxy`, knows by name. */
const RANGE_NAMES = ['loopback', 'linklocal', 'uniquelocal']

/**
 * Reads `CORS_ORIGINS`.
 *
 * @returns each origin once, exactly as browsers write it in the Origin header
 * @throws Error saying what would be right
 */
export function parseOrigins(text: string): string[] {
  const origins = splitList(text)
  for (const origin of origins) {
    if (origin.includes('*')) {
      throw new Error('must list exact origins: with * any web page could use the API in the name of its visitor')
    }
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new Error(`must list origins such as https://app.example.com${shown(origin)}`)
    }
    // Compared as text at every request; a path, a default port or a capital letter would never match.
    if (url.origin !== origin) throw new Error(`must be written ${url.origin}${shown(origin)}`)
  }
  return origins
}

/**
 * Reads `TRUST_PROXY`.
 *
 * @returns addresses, CIDR ranges and range names for Fastify's `trustProxy`
 * @throws Error for what would let clients choose their own address, or is no address
 */
export function parseProxies(text: string): string[] {
  if (/^(true|yes|on)$/i.test(text)) {
    throw new Error('must name the proxies: true would believe whatever address a client writes into X-Forwarded-For')
  }
  if (/^\d+$/.test(text)) {
    throw new Error('must name the proxies: a number of hops is ignored by the web framework')
  }
  const proxies = splitList(text)
  for (const proxy of proxies) {
    if (RANGE_NAMES.includes(proxy)) continue
    const [address = '', prefix, ...more] = proxy.split('/')
    const bits = isIP(address) === 6 ? 128 : 32
    const validPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
    if (isIP(address) === 0 || !validPrefix || more.length > 0) {
      throw new Error(`must list addresses, CIDR ranges or ${RANGE_NAMES.join(', ')}${shown(proxy)}`)
    }
    if (prefix !== undefined && Number(prefix) === 0) {
      throw new Error(`must not trust every address${shown(proxy)}`)
    }
  }
  return proxies
}

/** @throws Error unless `host` can be listened on: an address or a name, with no scheme and no port */
export function checkHost(host: string): string {
  const name = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/
  if (isIP(host) === 0 && !name.test(host)) {
    throw new Error(`must be an address or a host name, without port or brackets, e.g. 127.0.0.1${shown(host)}`)
  }
  return host
}

function splitList(text: string): string[] {
  const items = text.split(',').map((item) => item.trim())
  return [...new Set(items.filter((item) => item !== ''))]
}

function shown(value: string): string {
  return `; it has ${JSON.stringify(value.slice(0, 60))}`
}
