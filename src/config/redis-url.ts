/** Ready for ioredis. */
export interface RedisTarget {
  host: string
  port: number
  db: number
  username: string | undefined
  password: string | undefined
  /** Undefined: no TLS. */
  tls: { rejectUnauthorized: boolean } | undefined
}

const FORM = 'must look like redis://USER:PASSWORD@HOST:PORT/NUMBER, or rediss:// with TLS'

/**
 * Reads a Redis URL. Of its parameters only `ssl=no-verify` is known: TLS without a look at the certificate, which some
 * platforms sign themselves.
 *
 * @throws Error saying what would be right; nothing of the URL is shown
 */
export function parseRedisUrl(text: string): RedisTarget {
  if (!URL.canParse(text.trim())) throw new Error(FORM)
  const url = new URL(text.trim())
  const isTls = url.protocol === 'rediss:'
  const [, number = '0'] = /^\/?(\d{0,4})$/.exec(url.pathname) ?? []
  if (!(isTls || url.protocol === 'redis:') || url.hostname === '' || !/^\/?\d{0,4}$/.test(url.pathname)) {
    throw new Error(FORM)
  }
  const unknown = [...url.searchParams].find(([name, value]) => name !== 'ssl' || value !== 'no-verify')
  if (unknown) throw new Error(`has a parameter ${unknown[0]} that means nothing here; known is ssl=no-verify`)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    db: Number(number || 0),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    tls: isTls ? { rejectUnauthorized: !url.searchParams.has('ssl') } : undefined,
  }
}
