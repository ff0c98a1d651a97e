import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { addressClient, type Limiter } from './limits.ts'
import { sendProblem } from './problems.ts'

interface Route {
  path: RegExp
  methods: string[]
}

/**
 * Answers addresses that lead nowhere with 404, and those that do with another method with 405 and `Allow`. Both count
 * against the limit, or the search for open doors would be free. Call it before the routes are registered.
 */
export function registerNotFound(app: FastifyInstance, limit: Limiter): void {
  const routes = new Map<string, Route>()
  app.addHook('onRoute', ({ url, method }) => {
    // The wildcards belong to CORS, which answers OPTIONS everywhere, and to the files of the documentation.
    if (url.includes('*')) return
    const route = routes.get(url) ?? { path: pathOf(url), methods: [] }
    route.methods.push(...[method].flat())
    routes.set(url, route)
  })
  const preHandler = (request: FastifyRequest, reply: FastifyReply) => limit(request, reply, addressClient(request))
  app.setNotFoundHandler({ preHandler }, (request, reply) => {
    const [path = ''] = request.url.split('?', 1)
    const methods = [...routes.values()].filter((route) => route.path.test(path)).flatMap((route) => route.methods)
    return sendProblem(request, reply, methods.length > 0 ? notAllowed(methods) : notFound(path))
  })
}

const pathOf = (url: string) => new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`)

const notFound = (path: string) =>
  new Problem('route-not-found', `There is nothing at ${path.slice(0, 200)}; see /docs.`)

function notAllowed(methods: string[]): Problem {
  const allow = [...new Set(methods)].sort().join(', ')
  return new Problem('method-not-allowed', `Allowed here: ${allow}.`, { headers: { allow } })
}
