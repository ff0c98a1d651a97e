import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Migrations } from '../db/migrator.ts'
import type { Store } from '../db/types.ts'
import { Problem } from '../errors.ts'
import { now } from '../values/time.ts'
import { answer, onlyProblems, operation } from './operation.ts'
import { Component, DateTime, StringEnum } from './schema.ts'

const Health = Component(
  'Health',
  Type.Object({
    status: StringEnum(['healthy'], { description: 'The process lives.', examples: ['healthy'] }),
    timestamp: DateTime({ description: 'Now, by the clock of the service.' }),
    version: Type.String({ description: 'Version of the service.', examples: ['1.0.0'] }),
  }),
)

const Readiness = Component(
  'Readiness',
  Type.Object({
    status: StringEnum(['ready'], { description: 'The database answers and is migrated.', examples: ['ready'] }),
  }),
)

/** A probe waits no longer than this: the shortest time limit of the platforms is one second. */
const PROBE_MS = 800

/** Whether the database is migrated. Once it is, that stays so; until then it is looked at again. */
export class ReadinessState {
  readonly #migrations: Migrations
  readonly #onReady: () => Promise<void>
  #becoming: Promise<void> | undefined
  #current = false
  #stopping = false

  /** @param onReady what is still to be done once the database is migrated */
  constructor(migrations: Migrations, onReady: () => Promise<void>) {
    this.#migrations = migrations
    this.#onReady = onReady
  }

  stop(): void {
    this.#stopping = true
  }

  /** @throws Problem `migrations-pending`, `stopping` */
  async require(): Promise<void> {
    if (this.#stopping) throw new Problem('stopping', 'The service is stopping.')
    if (this.#current) return
    this.#becoming ??= this.#look().finally(() => {
      this.#becoming = undefined
    })
    await this.#becoming
  }

  async #look(): Promise<void> {
    const { pending } = await this.#migrations.state()
    if (pending.length > 0) {
      throw new Problem(
        'migrations-pending',
        `${pending.length} migrations are pending: run \`npm run migrate -- up\`.`,
      )
    }
    await this.#onReady()
    this.#current = true
  }

  get isStopping(): boolean {
    return this.#stopping
  }

  get isCurrent(): boolean {
    return this.#current && !this.#stopping
  }
}

/** GET /health and GET /ready: no token, no rate limit, no redirect, quiet in the log. */
export function registerHealth(
  app: FastifyInstance,
  options: { store: Store; readiness: ReadinessState; version: string },
): void {
  app.get(
    '/health',
    {
      logLevel: 'silent',
      schema: {
        ...operation({
          id: 'getHealth',
          tag: 'Health',
          permission: 'public',
          summary: 'Is the process alive',
          description: 'Answers 200 while the process lives, whatever the database does.',
        }),
        response: { 200: answer(Health, 'Alive'), ...onlyProblems(400) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { status: 'healthy', timestamp: now(), version: options.version }
    },
  )
  app.get(
    '/ready',
    {
      logLevel: 'silent',
      schema: {
        ...operation({
          id: 'getReadiness',
          tag: 'Health',
          permission: 'public',
          summary: 'Can it serve',
          description: 'Answers 200 only while the database is reachable and its migrations are current.',
        }),
        response: { 200: answer(Readiness, 'Ready'), ...onlyProblems(400, 503) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      await withinProbeTime(options.readiness.require().then(() => options.store.ping()))
      return { status: 'ready' }
    },
  )
}

async function withinProbeTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Problem('database-unavailable', 'The database does not answer in time.')),
      PROBE_MS,
    )
  })
  try {
    await Promise.race([work, late])
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('database-unavailable', 'The database does not answer as it should.', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
