import { createHmac } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { Writer } from '../db/types.ts'
import { invalidParameter, Problem, type Slug } from '../errors.ts'
import { type Job, removeInSteps } from '../jobs/job.ts'
import { now, secondsFrom } from '../values/time.ts'
import type { Answer } from './answers.ts'

export interface Scope {
  user_id: number
  route: string
  key: string
  fingerprint: string
}

interface Stored {
  status: number
  headers: Record<string, string>
  body: string
}

/** Thrown inside the transaction to leave it: the key has been answered before. */
class Answered extends Error {
  readonly stored: Stored
  constructor(stored: Stored) {
    super('answered before')
    this.stored = stored
  }
}

export const KEPT_SECONDS = 86_400
const NOT_KEPT = new Set([401, 429])
const ABOUT_THE_KEY = new Set<Slug>(['idempotency-key-reused', 'request-in-progress'])

/** Carries out the write of a request in a transaction; `around` runs within it. */
export type Transact = <R>(around: (writer: Writer, write: () => Promise<Answer<unknown>>) => Promise<R>) => Promise<R>

/**
 * Carries out writes once per `Idempotency-Key`: the key and the effect are one transaction, so a repetition finds
 * both or neither, also after a restart, and is answered byte for byte what the first was. Of parallel repetitions one
 * works and the others wait for its answer. Kept for 24 hours per user and address.
 */
export class Idempotency {
  readonly #secret: Buffer

  /** @param secret SECRET_KEY; fingerprints of bodies are keyed by it, for bodies may hold passwords */
  constructor(secret: string) {
    this.#secret = createHmac('sha256', secret).update('idempotency').digest()
  }

  /**
   * Sends what `transact` makes of the request, or what was answered to the same request before.
   *
   * @throws Problem `idempotency-key-reused` when the key came with another body; whatever the write throws
   */
  async run(request: FastifyRequest, reply: FastifyReply, scope: Scope, transact: Transact): Promise<FastifyReply> {
    try {
      return send(reply, await transact((writer, write) => perform(writer, scope, reply, write)))
    } catch (error) {
      if (error instanceof Answered) return replay(reply, error.stored)
      if (!(error instanceof Problem) || error.status >= 500 || NOT_KEPT.has(error.status)) throw error
      if (ABOUT_THE_KEY.has(error.slug)) throw error
      return await keepRefusal(request, reply, scope, error, transact)
    }
  }

  /**
   * What a key stands for; undefined where the request has none, or is one that keys are not for.
   *
   * @throws Problem `invalid-parameter`
   */
  scopeOf(request: FastifyRequest): Scope | undefined {
    const header = request.headers['idempotency-key']
    if (header === undefined || request.method !== 'POST') return undefined
    const key = String(header).replace(/^"(.*)"$/, '$1')
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw invalidParameter('header:/idempotency-key', 'must be 1 to 255 visible ASCII characters')
    }
    const fingerprint = createHmac('sha256', this.#secret)
      // With the query, or what `dry_run=true` was told would be the answer to the real thing.
      .update(JSON.stringify([request.query, request.body ?? null]))
      .digest('base64url')
    return { user_id: request.actor.id, route: `${request.method} ${request.url.split('?', 1)[0]}`, key, fingerprint }
  }
}

/** A refusal wrote nothing; it is kept on its own, unless meanwhile the same request succeeded. */
async function keepRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  scope: Scope,
  problem: Problem,
  transact: Transact,
): Promise<FastifyReply> {
  const body = JSON.stringify(problem.toDocument(request.id))
  const headers = { ...problem.headers, 'content-type': 'application/problem+json; charset=utf-8' }
  const stored = { status: problem.status, headers, body }
  try {
    await transact(async (writer) => {
      await claim(writer, scope)
      await keep(writer, scope, stored)
    })
  } catch (error) {
    if (error instanceof Answered) return replay(reply, error.stored)
    throw error
  }
  return send(reply, stored)
}

async function perform(
  writer: Writer,
  scope: Scope,
  reply: FastifyReply,
  write: () => Promise<Answer<unknown>>,
): Promise<Stored> {
  await claim(writer, scope)
  const { status, headers = {}, body } = await write()
  const serialize = reply.getSerializationFunction(String(status), 'application/json') ?? JSON.stringify
  const text = body === undefined || body === null ? '' : serialize(body as never)
  const contentType: Record<string, string> = text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }
  const stored = { status, headers: { ...headers, ...contentType }, body: text }
  await keep(writer, scope, stored)
  return stored
}

/** Takes the key for this request. The unique row makes a parallel request wait here until the first has committed. */
async function claim(writer: Writer, scope: Scope): Promise<void> {
  const created_at = now()
  const mine = await writer
    .insertInto('idempotency_keys')
    .values({ ...scope, created_at })
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'route', 'key'])
        .doUpdateSet({ fingerprint: scope.fingerprint, created_at, status: null, headers: null, body: null })
        .where('idempotency_keys.created_at', '<', secondsFrom(created_at, -KEPT_SECONDS)),
    )
    .returning('key')
    .executeTakeFirst()
  if (mine) return
  const first = await writer
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'status', 'headers', 'body'])
    .where('user_id', '=', scope.user_id)
    .where('route', '=', scope.route)
    .where('key', '=', scope.key)
    .executeTakeFirst()
  if (first?.status == null)
    throw new Problem('request-in-progress', 'The same request is under way; repeat it in a moment.', {
      headers: { 'retry-after': '1' },
    })
  if (first.fingerprint !== scope.fingerprint) {
    throw new Problem(
      'idempotency-key-reused',
      'This Idempotency-Key came with another body before; use a new key for a new request.',
    )
  }
  throw new Answered({ status: first.status, headers: JSON.parse(first.headers ?? '{}'), body: first.body ?? '' })
}

async function keep(writer: Writer, scope: Scope, stored: Stored): Promise<void> {
  await writer
    .updateTable('idempotency_keys')
    .set({ status: stored.status, headers: JSON.stringify(stored.headers), body: stored.body })
    .where('user_id', '=', scope.user_id)
    .where('route', '=', scope.route)
    .where('key', '=', scope.key)
    .execute()
}

/** Sends what a write answers that is kept nowhere. */
export const sendAnswer = (reply: FastifyReply, { status, headers = {}, body }: Answer<unknown>): FastifyReply =>
  reply.code(status).headers(headers).send(body)

const send = (reply: FastifyReply, { status, headers, body }: Stored) =>
  reply
    .code(status)
    .headers(headers)
    .send(body === '' ? undefined : body)

const replay = (reply: FastifyReply, stored: Stored) => send(reply.header('idempotency-replayed', 'true'), stored)

/** Removes keys whose day is over. */
export const purgeIdempotencyKeys: Job = {
  name: 'purge-idempotency-keys',
  everySeconds: 3600,
  run: async (work) => {
    const cutoff = secondsFrom(work.now(), -KEPT_SECONDS)
    return { idempotency_keys: await removeInSteps(work, (writer, limit) => deleteOlder(writer, cutoff, limit)) }
  },
}

/** The oldest first. A key that meanwhile was used again is not older any more when its turn comes. */
async function deleteOlder(writer: Writer, cutoff: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from idempotency_keys where created_at < ${cutoff} and (user_id, route, key) in (
      select user_id, route, key from idempotency_keys where created_at < ${cutoff} order by created_at limit ${limit})
  `.execute(writer)
  return Number(numAffectedRows)
}
