import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'

/**
 * The ETag of a resource: its version, and after a point whatever else its representation shows that the version
 * does not cover. Preconditions of writes look at the version alone.
 */
export const etagOf = (version: number, ...derived: (number | string)[]): string =>
  `"${[version, ...derived].join('.')}"`

/** Opaque tags of a header; a `W/` that a proxy put before one does not count. */
const tagsOf = (header: string): string[] => header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))

/** Sends a resource with its ETag, or 304 to a client that has it already. */
export function sendResource<T>(request: FastifyRequest, reply: FastifyReply, etag: string, resource: T): FastifyReply {
  reply.header('etag', etag)
  const known = request.headers['if-none-match']
  if (known !== undefined && (known.trim() === '*' || tagsOf(known).includes(etag))) return reply.code(304).send()
  return reply.send(resource)
}

/**
 * Refuses a write on a resource that has changed since the client read it.
 *
 * @param version the version now
 * @throws Problem `precondition-failed`
 */
export function requireMatch(request: FastifyRequest, version: number): void {
  const wanted = request.headers['if-match']
  if (wanted === undefined || wanted.trim() === '*') return
  const versions = tagsOf(wanted).map((tag) => /^"(\d+)(?:\.[^"]*)?"$/.exec(tag)?.[1])
  if (!versions.includes(String(version))) {
    throw new Problem(
      'precondition-failed',
      `If-Match names another version; the current one is ${etagOf(version)}. Read it again, then repeat.`,
      {
        members: { current_version: version },
      },
    )
  }
}
