import { type TSchema, Type } from '@sinclair/typebox'
import { MAX_ERRORS } from '../errors.ts'
import type { Permission } from './permissions.ts'
import { Component, Ref } from './schema.ts'

/** The parts from which the schema of a route is put together. */

export const ProblemDocument = Component(
  'Problem',
  Type.Object(
    {
      type: Type.String({ description: 'What kind of problem this is.', examples: ['/problems/insufficient-stock'] }),
      title: Type.String({ description: 'The kind in words.', examples: ['Not enough stock'] }),
      status: Type.Integer({
        format: 'int32',
        minimum: 400,
        maximum: 599,
        description: 'The HTTP status.',
        examples: [409],
      }),
      code: Type.String({ description: 'The kind for programs; never renamed.', examples: ['insufficient_stock'] }),
      detail: Type.String({
        description: 'What is wrong and the way out.',
        examples: ['Only 2 are available at MAIN.'],
      }),
      instance: Type.String({ description: 'The id of the request, as in the log.', examples: ['req-1'] }),
      errors: Type.Optional(
        Type.Array(
          Type.Object({
            pointer: Type.String({
              description: 'JSON pointer into the body, or the parameter.',
              examples: ['#/lines/0/quantity'],
            }),
            detail: Type.String({ description: 'What is wrong with it.', examples: ['must be a number'] }),
          }),
          { maxItems: MAX_ERRORS, description: `What is wrong, field by field: the first ${MAX_ERRORS}.` },
        ),
      ),
    },
    { additionalProperties: true, description: 'A problem document (RFC 9457). Some kinds have further members.' },
  ),
)

export interface Operation {
  id: string
  tag: string
  permission: Permission | 'public'
  summary: string
  description: string
}

/** Name, tag, texts and the permission of an operation; one that is open to everybody is `public`. */
export const operation = ({ id, tag, permission, summary, description }: Operation) => ({
  operationId: id,
  tags: [tag],
  summary,
  description,
  ...(permission === 'public' ? { security: [] } : { 'x-permission': permission }),
})

type Headers = Record<string, object>

const header = (description: string, example: string) => ({ type: 'string', description, examples: [example] })
export const etagHeader: Headers = {
  ETag: header('The version of the resource, for If-Match and If-None-Match.', '"1"'),
}
export const locationHeader: Headers = { Location: header('Where the new resource is.', '/api/v1/products/1') }
export const linkHeader: Headers = {
  Link: header('The next page, `rel="next"`, relative to this address.', '<?cursor=abc>; rel="next"'),
}

/** A successful answer with a body. */
export const answer = <T extends TSchema>(schema: T, description: string, ...headers: Headers[]) => ({
  description,
  headers: Object.assign({}, ...headers),
  content: { 'application/json': { schema: Ref(schema) } },
})

export const noContent = (description: string) => Type.Null({ description })

const DESCRIPTIONS = {
  400: 'The request cannot be read, or a parameter is wrong',
  401: 'Not logged in, or no longer',
  403: 'Not permitted',
  404: 'There is no such thing',
  409: 'Not possible in the present state',
  412: 'Changed since it was read',
  413: 'The body is too large',
  415: 'The media type is not supported',
  422: 'The body is not valid',
  429: 'Too many requests',
  503: 'Not now: the database is away, busy or not migrated',
}

const retryAfter = {
  'Retry-After': { type: 'integer', format: 'int32', minimum: 0, maximum: 86_400, description: 'Seconds to wait.' },
}

const problem = (description: string, status: number) => ({
  description,
  ...(status === 429 || status === 503 ? { headers: retryAfter } : {}),
  content: { 'application/problem+json': { schema: Ref(ProblemDocument) } },
})

/** A status that a problem can have. */
export type ProblemStatus = keyof typeof DESCRIPTIONS

type Problems = Record<number | 'default', object>

/** Exactly these problems, and `default` for what nobody can foresee. */
export function onlyProblems(...statuses: ProblemStatus[]): Problems {
  const responses: Problems = { default: problem('Anything else', 0) }
  for (const status of statuses) responses[status] = problem(DESCRIPTIONS[status], status)
  return responses
}

/** The problems an operation can answer, besides those that every one can. */
export const problems = (...statuses: ProblemStatus[]): Problems => onlyProblems(400, 401, 403, 429, 503, ...statuses)

/** The same for an operation that is open to everybody. */
export const publicProblems = (...statuses: ProblemStatus[]): Problems => onlyProblems(400, 401, 429, 503, ...statuses)

// Open objects: a closed one would refuse every other header of a request.
export const ifMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({ maxLength: 200, description: 'ETag of the version you read; another one is refused with 412.' }),
  ),
})
export const ifNoneMatch = Type.Object({
  'if-none-match': Type.Optional(Type.String({ maxLength: 200, description: 'ETag you have; unchanged answers 304.' })),
})
export const idempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      maxLength: 257,
      description: 'Makes a repetition safe: the same key and body take effect once, within 24 hours.',
    }),
  ),
})

export const notModified = Type.Null({ description: 'You have the present version' })
