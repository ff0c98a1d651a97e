import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { toOpenApi302 } from './oas302.ts'
import { components } from './schema.ts'

export interface OpenApiOptions {
  title: string
  version: string
  /** Whether the pages under /docs are served. */
  ui: boolean
  tags: { name: string; description: string }[]
}

const DESCRIPTION = `An inventory service in which every number can be proven: stock is an append-only ledger of movements, and each
balance can be explained line by line and recomputed.

**First steps**: \`POST /api/v1/auth/login\`, then send \`Authorization: Bearer <access_token>\`. On this page a successful login
authorises all further calls by itself.

**Quantities** are JSON numbers with at most the decimals of the product. **Money** is decimal text (\`"19.99"\`), in the one
currency of the installation. **Times** are RFC 3339 in UTC.

**Lists** are cut in pages: give \`next_cursor\` as \`cursor\`. **ETag** comes with every single resource; send it as \`If-Match\` to
refuse a lost update. **Idempotency-Key** on a POST makes a repetition safe for 24 hours. \`dry_run=true\` answers what would happen.

**Errors** are problem documents (RFC 9457) with a stable \`code\`. **Limits** are told by \`RateLimit-Policy\` and \`RateLimit\`.`

/** Collects the document from the routes that follow. Call it before they are registered. */
export async function registerOpenApi(app: FastifyInstance, options: OpenApiOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.2',
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
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'The access token of a login.',
          },
        },
      },
      security: [{ bearerAuth: [] }],
    },
    refResolver: { buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `def-${index}`) },
    transformObject: (document) => ({
      ...toOpenApi302('openapiObject' in document ? document.openapiObject : {}),
      // Relative to the document, so that it also holds behind a path prefix. The plugin itself takes no such address.
      servers: [{ url: '.', description: 'This installation, local or production' }],
    }),
  })
  for (const component of Object.values(components)) app.addSchema(component)
  let json: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    json ??= JSON.stringify(app.swagger())
    return reply.type('application/json; charset=utf-8').send(json)
  })
  app.get('/openapi.yaml', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/yaml; charset=utf-8').send(app.swagger({ yaml: true })),
  )
  // The addresses of the system this one replaces; relative, for the same reason as above.
  app.get('/swagger-ui', { schema: { hide: true } }, async (_request, reply) => reply.redirect('docs/', 302))
  app.get('/api-spec.json', { schema: { hide: true } }, async (_request, reply) => reply.redirect('openapi.json', 302))
  if (options.ui) await registerUi(app, options.title)
}

/** The page's own object, where the function below runs. */
declare const ui: { preauthorizeApiKey(scheme: string, token: string): void }

/** Sent to the page as text: whoever logs in there is authorised for every other operation. */
function authoriseAfterLogin(response: { ok: boolean; url: string; obj: { access_token: string } }) {
  if (response.ok && /\/auth\/(login|refresh)$/.test(response.url)) {
    ui.preauthorizeApiKey('bearerAuth', response.obj.access_token)
  }
  return response
}

async function registerUi(app: FastifyInstance, title: string): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title },
    uiConfig: {
      persistAuthorization: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      docExpansion: 'list',
      filter: true,
      responseInterceptor: authoriseAfterLogin as never,
    },
    uiHooks: {
      // Without the slash the page would look for its files beside itself.
      onRequest: (request, reply, next) => {
        if (request.url.split('?', 1)[0] === '/docs') reply.redirect('docs/', 302)
        else next()
      },
    },
    transformSpecification: (document) => ({ ...document, servers: [{ url: '..', description: 'This service' }] }),
    transformSpecificationClone: false,
  })
}
