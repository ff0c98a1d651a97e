import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

/** What a browser is told: how far to trust these pages, and which other origins' pages may call. */
export async function registerBrowserRules(app: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  await registerHelmet(app)
  await app.register(cors, {
    origin: corsOrigins.length > 0 ? [...corsOrigins] : false,
    // A plain OPTIONS is answered too, and not refused in plain text.
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'ETag',
      'Location',
      'Link',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'Idempotency-Replayed',
      'X-Request-Id',
    ],
    maxAge: 600,
  })
}

/** Helmet works its headers out anew for every request, and they never differ: they are kept from the first one. */
async function registerHelmet(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    global: false,
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
  let kept: Record<string, string> | undefined
  app.addHook('onRequest', (_request, reply, done) => {
    if (kept === undefined) {
      reply.helmet()
      kept = { ...reply.raw.getHeaders() } as Record<string, string>
    } else reply.headers(kept)
    done()
  })
}
