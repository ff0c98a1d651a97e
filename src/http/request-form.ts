import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'

const MAX_URL = 8192

/**
 * Refuses requests that are HTTP and not acceptable as such. Node would answer some of them by itself, with a bare status;
 * here they take the way of every other request. Call it when every answer has its headers.
 */
export function registerRequestForm(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => app.routing(request, response))
  app.addHook('onRequest', (request, _reply, done) => done(faultOf(request)))
}

function faultOf({ url, headers, raw }: FastifyRequest): Problem | undefined {
  if (url.length > MAX_URL) return new Problem('url-too-long', `The address is longer than ${MAX_URL} characters.`)
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    // What the sender holds back may still come, and would be taken for the next request.
    const close = { headers: { connection: 'close' } }
    return new Problem('expectation-failed', 'The one expectation that is met is 100-continue.', close)
  }
  const hosts = raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  if (hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')) return undefined
  // RFC 9112, section 3.2. A proxy in front may have gone by the other one.
  return new Problem('invalid-request', 'Send exactly one Host header.')
}
