import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { inspectJson } from './json-inspection.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Everything in the body may be left out, and then the body may be too. */
    isBodyOptional?: boolean
  }
}

/** Reads bodies: JSON in UTF-8, under its own name or as a merge patch. Every other media type is refused with 415. */
export function registerParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const types = ['application/json', 'application/merge-patch+json']
  app.addContentTypeParser(types, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    refuseCharset(request.headers['content-type'] ?? '')
    refuseEncoding(request.headers['content-encoding'] ?? 'identity')
    if (body.length > 0) return parseJson(textOf(body))
    // Clients that name the type of what they do not send mean nothing by it.
    return undefined
  })
  app.addHook('preValidation', (request, _reply, done) => done(settleBody(request)))
}

/** One rule for every operation, whatever type was named: no body where none is taken, and one where one is needed. */
function settleBody(request: FastifyRequest): Problem | undefined {
  const { schema, config } = request.routeOptions
  if (request.is404) return undefined
  if (schema?.body === undefined) {
    return hasBody(request) ? new Problem('invalid-request', 'This operation takes no body.') : undefined
  }
  if (request.body !== undefined) return undefined
  if (!config.isBodyOptional) return new Problem('invalid-json', 'The body is empty: send a JSON object.')
  request.body = {}
  return undefined
}

/** Of a GET the body is not read, but announced. */
const hasBody = ({ body, headers }: FastifyRequest): boolean =>
  body !== undefined || headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

function refuseCharset(contentType: string): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1]
  if (charset === undefined || /^(utf-8|utf8|us-ascii)$/i.test(charset)) return
  throw new Problem('unsupported-media-type', 'Send the body in UTF-8, the one encoding of JSON.')
}

function refuseEncoding(encoding: string): void {
  if (encoding.trim().toLowerCase() === 'identity') return
  const headers = { 'accept-encoding': 'identity' }
  throw new Problem('unsupported-media-type', 'Send the body as it is, without Content-Encoding.', { headers })
}

/** Other encodings would be taken for UTF-8 and lose their letters without anybody noticing. */
function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new Problem('invalid-json', 'The body is not UTF-8.')
  return body.toString('utf8')
}

/**
 * Parses a JSON body. What would not be stored as it was sent is refused by name: numbers that JavaScript would silently
 * round, halves of characters, and NUL; so are names given twice, and `__proto__` and `constructor` as names.
 *
 * @throws Problem `invalid-json`, `validation-failed`
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Problem('invalid-json', `The body could not be read as JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  inspectJson(text)
  return value
}
