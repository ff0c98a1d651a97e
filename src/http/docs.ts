import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../errors.ts'

/** The files of Swagger UI that the page needs, and their types. */
const FILES: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'index.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

/** Every address on the page is relative to it, so that it works behind any path prefix. */
const page = (title: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>
    <link rel="stylesheet" href="swagger-ui.css">
    <link rel="stylesheet" href="index.css">
    <link rel="icon" type="image/png" href="favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`

/** Runs in the page; a file of its own, because the page allows no script in its text. */
const START = `// Swagger UI draws Execute before it has read the operation. Pressed then, it would send nothing; and where there is no
// field to be missed, it would throw and stay disabled until the page is loaded anew.
const executeOnceRead = ({ React }) => ({
  wrapComponents: {
    execute: (Execute) => (props) =>
      React.createElement(Execute, { ...props, disabled: props.disabled || props.operation.size === 0 }),
  },
})
const ui = SwaggerUIBundle({
  url: '../openapi.json',
  plugins: [executeOnceRead],
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  docExpansion: 'list',
  filter: true,
  validatorUrl: null,
  // Whoever logs in is authorised for every other operation.
  responseInterceptor: (response) => {
    if (response.ok && /\\/auth\\/(login|refresh)$/.test(response.url)) {
      ui.preauthorizeApiKey('bearerAuth', response.obj.access_token)
    }
    return response
  },
})
`

/** Swagger UI under /docs/. Its files are read when somebody opens it. */
export function registerDocs(app: FastifyInstance, title: string): void {
  const schema = { hide: true }
  // Without the slash the page would look for its files beside itself.
  app.get('/docs', { schema }, async (_request, reply) => reply.redirect('docs/', 302))
  app.get('/docs/', { schema }, async (_request, reply) => reply.type('text/html; charset=utf-8').send(page(title)))
  app.get('/docs/start.js', { schema }, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(START),
  )
  app.get<{ Params: { file: string } }>('/docs/:file', { schema }, async (request, reply) => {
    const { file } = request.params
    const type = Object.hasOwn(FILES, file) ? FILES[file] : undefined
    if (type === undefined) throw new Problem('route-not-found', `There is nothing at /docs/${file.slice(0, 100)}.`)
    return reply
      .type(type)
      .header('cache-control', 'public, max-age=3600')
      .send(await readFile(pathOf(file)))
  })
}

const pathOf = (file: string) =>
  join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static', file)
