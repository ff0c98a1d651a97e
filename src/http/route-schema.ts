import type { TSchema } from '@sinclair/typebox'
import * as op from './operation.ts'
import type { Permission } from './permissions.ts'

/**
 * The schema of a route by its kind. What follows from the kind is said here, once for all routes; path, texts, permission,
 * schemas and handler stand in the route. An operation of no kind is put together from the parts in operation.ts.
 *
 * | what it has | what follows |
 * | --- | --- |
 * | `params` | 404: there may be no such thing |
 * | `body` | 413, 415, 422 |
 * | `If-Match` (change, remove) | 412 |
 * | `Idempotency-Key` (create, act) | 409: the first such request is under way; 422: it was the key of another request |
 * | `ETag` (create, read, change, act) | the header; on read `If-None-Match` and 304 too |
 */
interface Kind extends op.Operation {
  permission: Permission
  /** What a success is called in the document. */
  says: string
  /** Statuses of the problems that do not follow from the kind. */
  problems?: op.ProblemStatus[]
}

interface Answering<Answer> extends Kind {
  answer: Answer
}

/** Parts of a request, under Fastify's names; a handler knows them by their exact types. */
interface Params {
  params?: TSchema
}
interface Body extends Params {
  body: TSchema
}

/** A page of a list. */
export const list = <Q extends TSchema, A extends TSchema, R extends Params>(
  route: Answering<A> & { query: Q } & R,
) => ({
  ...op.operation(route),
  ...requestOf(route),
  querystring: route.query,
  response: { 200: op.answer(route.answer, route.says, op.linkHeader), ...problemsOf(route) },
})

/** Makes a resource, or one from another. */
export const create = <A extends TSchema, R extends Body>(route: Answering<A> & R) => ({
  ...op.operation(route),
  ...requestOf(route),
  headers: op.idempotencyKey,
  response: {
    201: op.answer(route.answer, route.says, op.locationHeader, op.etagHeader),
    ...problemsOf(route, 409, 422),
  },
})

/** Reads one resource. */
export const read = <A extends TSchema, R extends Params>(route: Answering<A> & R) => ({
  ...op.operation(route),
  ...requestOf(route),
  headers: op.ifNoneMatch,
  response: {
    200: op.answer(route.answer, route.says, op.etagHeader),
    304: op.notModified,
    ...problemsOf(route),
  },
})

/** Changes a resource by a merge patch. */
export const change = <A extends TSchema, R extends Body>(route: Answering<A> & R) => ({
  ...op.operation(route),
  ...requestOf(route),
  headers: op.ifMatch,
  consumes: ['application/merge-patch+json', 'application/json'],
  response: { 200: op.answer(route.answer, route.says, op.etagHeader), ...problemsOf(route, 412) },
})

/** Does something to a resource, and answers it as it is then. */
export const act = <A extends TSchema, R extends Params & Partial<Body>>(route: Answering<A> & R) => ({
  ...op.operation(route),
  ...requestOf(route),
  headers: op.idempotencyKey,
  response: { 200: op.answer(route.answer, route.says, op.etagHeader), ...problemsOf(route, 409, 422) },
})

/** Removes a resource. */
export const remove = <R extends Params>(route: Kind & R) => ({
  ...op.operation(route),
  ...requestOf(route),
  headers: op.ifMatch,
  response: { 204: op.noContent(route.says), ...problemsOf(route, 412) },
})

/** What is left of a route's words is its request: nothing else may be in the object that Fastify takes as the schema. */
const requestOf = <R extends Kind & { answer?: unknown; query?: unknown }>({
  id,
  tag,
  permission,
  summary,
  description,
  says,
  problems,
  answer,
  query,
  ...request
}: R) => request

function problemsOf({ problems = [], params, body }: Kind & Partial<Body>, ...ofKind: op.ProblemStatus[]) {
  const ofRequest: op.ProblemStatus[] = []
  if (params) ofRequest.push(404)
  if (body) ofRequest.push(413, 415, 422)
  return op.problems(...ofKind, ...ofRequest, ...problems)
}
