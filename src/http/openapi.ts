import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { registerDocs } from './docs.ts'
import { toOpenApi302 } from './oas302.ts'
import { components } from './schema.ts'

export interface OpenApiOptions {
  title: string
  version: string
  /** Whether the pages under /docs are served. */
  ui: boolean
  tags: { name: string; description: string }[]
}

/** The document in both its forms. */
export interface OpenApiTexts {
  json: string
  yaml: string
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The API document, made when it is first asked for. */
    openApi(): Promise<OpenApiTexts>
  }
}

type DocumentedRoute = Pick<RouteOptions, 'method' | 'url' | 'schema'>

const DESCRIPTION = `An inventory service in which every number can be proven: stock is an append-only ledger of movements, and each
balance can be explained line by line and recomputed.

**First steps**: \`POST /api/v1/auth/login\`, then send \`Authorization: Bearer <access_token>\`. On this page a successful login
authorises all further calls by itself.

**Quantities** are JSON numbers with at most the decimals of the product. **Money** is decimal text (\`"19.99"\`), in the one
currency of the installation. **Times** are RFC 3339 in UTC.

**Lists** are cut in pages: give \`next_cursor\` as \`cursor\`. **ETag** comes with every single resource; send it as \`If-Match\` to
refuse a lost update. **Idempotency-Key** on a POST makes a repetition safe for 24 hours. \`dry_run=true\` answers what would happen.

**Errors** are problem documents (RFC 9457) with a stable \`code\`. **Limits** are told by \`RateLimit-Policy\` and \`RateLimit\`.`

/**
 * Serves the document of the routes that follow, and the page to try them. Call it before they are registered.
 * Nothing of it is loaded before somebody asks, which keeps the start short and the memory small.
 */
export function registerOpenApi(app: FastifyInstance, options: OpenApiOptions): void {
  for (const component of Object.values(components)) app.addSchema(component)
  const routes: DocumentedRoute[] = []
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (method !== 'HEAD' && schema?.hide !== true) routes.push({ method, url, schema })
  })
  let texts: Promise<OpenApiTexts> | undefined
  app.decorate('openApi', () => {
    texts ??= buildTexts(routes, options)
    return texts
  })
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send((await app.openApi()).json),
  )
  app.get('/openapi.yaml', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/yaml; charset=utf-8').send((await app.openApi()).yaml),
  )
  // The addresses of the Flask system; relative, so that they also hold behind a path prefix.
  app.get('/swagger-ui', { schema: { hide: true } }, async (_request, reply) => reply.redirect('docs/', 302))
  app.get('/api-spec.json', { schema: { hide: true } }, async (_request, reply) => reply.redirect('openapi.json', 302))
  if (options.ui) registerDocs(app, options.title)
}

/** The plugin documents the routes it sees registered, so they are registered once more, on an app that serves nobody. */
async function buildTexts(routes: DocumentedRoute[], options: OpenApiOptions): Promise<OpenApiTexts> {
  const { default: swagger } = await import('@fastify/swagger')
  const app = Fastify({ exposeHeadRoutes: false })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => String)
  await app.register(swagger, {
    openapi: documentHead(options),
    refResolver: { buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `def-${index}`) },
    transformObject: (document) => ({
      ...toOpenApi302('openapiObject' in document ? document.openapiObject : {}),
      // Relative to the document, so that it also holds behind a path prefix. The plugin itself takes no such address.
      servers: [{ url: '.', description: 'This installation, local or production' }],
    }),
  })
  for (const component of Object.values(components)) app.addSchema(component)
  for (const route of routes) app.route({ ...route, handler: async () => undefined })
  await app.ready()
  const texts = { json: `${JSON.stringify(app.swagger(), null, 2)}\n`, yaml: app.swagger({ yaml: true }) }
  await app.close()
  return texts
}

const documentHead = (options: OpenApiOptions) => ({
  openapi: '3.0.2' as const,
  info: {
    title: options.title,
    version: options.version,
    description: DESCRIPTION,
    license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
  },
  tags: options.tags,
  components: {
    securitySchemes: {
      bearerAuth: {
        type: 'http' as const,
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'The access token of a login.',
      },
    },
  },
  security: [{ bearerAuth: [] }],
})
