import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { ErrorObject } from 'ajv'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type Slug } from '../errors.ts'
import { describeErrors } from './validation.ts'

/** What Fastify refuses by itself, in the words of the catalogue. */
const FRAMEWORK: Record<string, [Slug, string]> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid-json', 'The body is empty.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid-request', 'The body is not as long as Content-Length says.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'The body is larger than is accepted here.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'Send the body as application/json.'],
  FST_ERR_BAD_URL: ['invalid-url', 'The address is not well formed.'],
  FST_ERR_MAX_PARAM_LENGTH: ['url-too-long', 'A part of the address is too long.'],
}

/** Sends a problem document; nothing else in the service writes one. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  return (
    reply
      .code(problem.status)
      .headers(problem.headers)
      // Before routing no hook has set it.
      .header('x-request-id', request.id)
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem.toDocument(request.id)))
  )
}

/** Any error as a problem. What is not expected is an internal error, which says nothing of what happened. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { validation, validationContext, statusCode, code } = (error ?? {}) as Partial<FastifyError>
  if (validation) return validationProblem(validation as ErrorObject[], validationContext ?? 'body')
  const known = code === undefined ? undefined : FRAMEWORK[code]
  if (known) return new Problem(known[0], known[1])
  if (statusCode !== undefined && statusCode < 500)
    return new Problem('invalid-request', 'The request could not be read.')
  if (statusCode === 503) return new Problem('overloaded', 'The service is too busy now; try again in a moment.')
  return new Problem('internal-error', 'The request was not carried out. Its id is in the log.', { cause: error })
}

function validationProblem(validation: ErrorObject[], part: string): Problem {
  const errors = describeErrors(validation, part)
  const summary = errors.map((error) => `${error.pointer} ${error.detail}`)[0] ?? 'The request is not valid.'
  return new Problem(part === 'body' ? 'validation-failed' : 'invalid-parameter', summary, { errors })
}

function onError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error)
  if (problem.status >= 500) request.log.error({ err: problem.cause ?? problem }, problem.message)
  return sendProblem(request, reply, problem)
}

/** Makes every failure of `app` a problem document. Call it before anything is registered. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler(onError)
}

/** The same for what is refused before any hook. */
export const frameworkErrors = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  onError(error, request, reply.headers(request.server.browserHeaders(request.headers.origin)))

const CLIENT_ERRORS: Record<string, [slug: Slug, reason: string]> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'Request Timeout'],
}

/** Of the parser's errors, those that show what was sent. */
interface ClientError extends NodeJS.ErrnoException {
  rawPacket?: unknown
}

/** Answers what is no HTTP request at all, on the bare socket. */
export function clientErrorHandler(this: FastifyInstance, error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [slug, reason] = CLIENT_ERRORS[error.code ?? ''] ?? ['invalid-request', 'Bad Request']
  const problem = new Problem(slug, 'This is not a well-formed HTTP request, or it did not arrive in time.')
  const id = randomUUID()
  const body = JSON.stringify(problem.toDocument(id))
  this.log.info({ reqId: id, status: problem.status, code: error.code, address: socket.remoteAddress }, 'request')
  const headers = {
    ...this.browserHeaders(originIn(error.rawPacket)),
    'Content-Type': 'application/problem+json; charset=utf-8',
    'X-Request-Id': id,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  }
  const head = [`HTTP/1.1 ${problem.status} ${reason}`, ...Object.entries(headers).map((pair) => pair.join(': '))]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const originIn = (packet: unknown) =>
  /^origin:[ \t]*(\S+)[ \t]*\r?$/im.exec(Buffer.isBuffer(packet) ? packet.toString('latin1') : '')?.[1]
