import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'

declare module 'fastify' {
  interface FastifyInstance {
    /** What a browser is told in an answer that no hook has seen, to a page of `origin`. */
    browserHeaders(origin: string | undefined): Record<string, string>
  }
}

const EXPOSED = [
  'ETag',
  'Location',
  'Link',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Idempotency-Replayed',
  'X-Request-Id',
]

/** What a browser is told: how far to trust these pages, and which other origins' pages may call. */
export async function registerBrowserRules(app: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  const kept = helmetHeaders()
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(kept)
    done()
  })
  app.decorate('browserHeaders', (origin: string | undefined) => ({ ...kept, ...corsHeaders(corsOrigins, origin) }))
  await app.register(cors, {
    origin: corsOrigins.length > 0 ? [...corsOrigins] : false,
    // A plain OPTIONS is answered too, and not refused in plain text.
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
  })
}

/** What the plugin says to anything but a preflight; it says it only in its hook. */
function corsHeaders(origins: readonly string[], origin: string | undefined): Record<string, string> {
  if (origins.length === 0) return {}
  const allowed = origin !== undefined && origins.includes(origin)
  return {
    vary: 'Origin',
    'access-control-expose-headers': EXPOSED.join(', '),
    ...(allowed ? { 'access-control-allow-origin': origin } : {}),
  }
}

/** Helmet would work its headers out anew for every request, and they never differ. */
function helmetHeaders(): Record<string, string> {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const protect = helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        // On plain http it would turn the page's own files into https and leave it blank.
        upgradeInsecureRequests: null,
      },
    },
  })
  protect(response.req, response, () => {})
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]))
}
