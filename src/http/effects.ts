import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Store, Writer } from '../db/types.ts'
import { explainViolations } from '../db/violations.ts'
import type { Actor } from './actor.ts'
import type { Answer } from './answers.ts'
import { type Effect, type Observer, type Origin, TransactionEffect, type UnattendedEffect } from './effect.ts'
import { requireMatch } from './etag.ts'
import { Idempotency, sendAnswer } from './idempotency.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request changed, for the log: `category 5`. */
    changes: string[] | undefined
  }
}

/**
 * The one door for everything that changes data: transaction, actor, request, idempotency, what was changed, and the
 * problem behind a refusal of the database.
 */
export class Effects {
  readonly #store: Pick<Store, 'read' | 'write'>
  readonly #idempotency: Idempotency
  readonly #observers: readonly Observer[]

  /**
   * @param secret SECRET_KEY
   * @param observers are told of every change, in its transaction
   */
  constructor(store: Pick<Store, 'read' | 'write'>, secret: string, observers: readonly Observer[] = []) {
    this.#store = store
    this.#idempotency = new Idempotency(secret)
    this.#observers = observers
  }

  /**
   * Carries out the write of a request and sends its answer; once per `Idempotency-Key` where the request is a POST.
   *
   * @throws Problem `idempotency-key-reused`, `request-in-progress`, whatever `write` throws
   */
  async send<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    write: (effect: Effect) => Promise<Answer<T>>,
  ): Promise<FastifyReply> {
    const requireVersion = (version: number) => requireMatch(request, version)
    const origin = { actor: request.actor, requestId: request.id, requireVersion }
    const noting = async (effect: TransactionEffect<Actor>) => {
      const answer = await write(effect)
      request.changes = effect.changes.map(({ resource, id }) => `${resource} ${id}`)
      return answer
    }
    const scope = this.#idempotency.scopeOf(request)
    if (scope === undefined) return sendAnswer(reply, await this.#carryOut(origin, noting))
    return await this.#idempotency.run(request, reply, scope, (around) =>
      this.#carryOut(origin, (effect) => around(effect.trx, () => noting(effect))),
    )
  }

  /** Carries out a write whose outcome is not the answer itself, by a request or by none. */
  async perform<T>(
    { actor, id }: { actor?: Actor | undefined; id?: string },
    write: (effect: UnattendedEffect) => Promise<T>,
  ): Promise<T> {
    return await this.#carryOut<Actor | undefined, T>({ actor, requestId: id }, write)
  }

  async #carryOut<By extends Actor | undefined, T>(
    origin: Origin<By>,
    write: (effect: TransactionEffect<By>) => Promise<T>,
  ): Promise<T> {
    let effect: TransactionEffect<By> | undefined
    const job = async (trx: Writer) => {
      // A transaction may be repeated; each time it starts from nothing.
      effect = new TransactionEffect(trx, origin)
      const result = await write(effect)
      if (effect.changes.length > 0) for (const observe of this.#observers) await observe(effect, effect.changes)
      return result
    }
    return await explainViolations(
      () => this.#store.write(job),
      (constraint) => this.#store.read(async (reader) => await effect?.explanationOf(constraint, reader)),
    )
  }
}
