import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { readPage } from '../../../db/keyset.ts'
import { created } from '../../../http/answers.ts'
import { sendResource } from '../../../http/etag.ts'
import * as op from '../../../http/operation.ts'
import { pageOf } from '../../../http/paging.ts'
import { create, list, read } from '../../../http/route-schema.ts'
import { Closed, Id, Ref } from '../../../http/schema.ts'
import type { Services } from '../../../http/services.ts'
import * as repository from './repository.ts'
import {
  dryRunQuery,
  Movement,
  MovementPage,
  MovementPreview,
  MovementQuery,
  NewMovement,
  NewReversal,
  RecordedMovement,
} from './schemas.ts'
import { noMovement, type Outcome, previewMovement, recordMovement, reverseMovement, withInstants } from './service.ts'
import { etagOfMovement, toMovement, toPreview, toRecorded, type Viewer, withLines } from './view.ts'

const params = Closed({ movement_id: Id({ description: 'Movement.' }) })

const viewerOf = ({ actor }: FastifyRequest): Viewer => ({
  id: actor.id,
  username: actor.username,
  seesValues: actor.permissions.has('valuation:read'),
})

const recorded = (outcome: Outcome, viewer: Viewer) => {
  const body = toRecorded(outcome, viewer)
  const { levels: _levels, ...movement } = body
  return created('/movements', body, etagOfMovement(movement))
}

export const movementRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, effects, cursors }) => {
  app.post(
    '/movements',
    {
      schema: {
        ...op.operation({
          id: 'createMovement',
          tag: 'Movements',
          permission: 'stock:move',
          summary: 'Record a movement',
          description:
            'All lines take effect, or none. The same product on several lines is summed before it is checked. With `dry_run=true` it answers 200 with what would happen and writes nothing.',
        }),
        querystring: dryRunQuery,
        headers: op.idempotencyKey,
        body: Ref(NewMovement),
        response: {
          200: op.answer(MovementPreview, 'What would happen'),
          201: op.answer(RecordedMovement, 'Recorded', op.locationHeader, op.etagHeader),
          ...op.problems(409, 413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const viewer = viewerOf(request)
      if (request.query.dry_run)
        return toPreview(await store.read((reader) => previewMovement(reader, viewer.id, request.body)), viewer)
      return await effects.send(request, reply, async (effect) =>
        recorded(await recordMovement(effect, request.body), viewer),
      )
    },
  )

  app.get(
    '/movements',
    {
      schema: list({
        id: 'listMovements',
        tag: 'Movements',
        permission: 'stock:read',
        summary: 'List movements',
        description: 'The latest first unless asked otherwise, each with its lines.',
        query: MovementQuery,
        answer: MovementPage,
        says: 'A page of movements',
      }),
    },
    async (request, reply) => {
      const query = withInstants(request.query)
      const viewer = viewerOf(request)
      const paging = cursors.read(request)
      const found = await readPage(
        store,
        query,
        async (reader) => withLines(reader, await repository.listMovements(reader, query, paging), viewer),
        (reader) => repository.countMovements(reader, query),
      )
      return pageOf({ request, reply, cursors }, found, toMovement)
    },
  )

  app.get(
    '/movements/:movement_id',
    {
      schema: read({
        id: 'getMovement',
        tag: 'Movements',
        permission: 'stock:read',
        summary: 'Get a movement',
        description: 'One movement with its lines, and the movement that took it back, if one did.',
        params,
        answer: Movement,
        says: 'The movement',
      }),
    },
    async (request, reply) => {
      const { movement_id } = request.params
      const [row] = await store.read(async (reader) =>
        withLines(reader, await repository.findMovement(reader, { id: movement_id }), viewerOf(request)),
      )
      if (row === undefined) throw noMovement(movement_id)
      const movement = toMovement(row)
      return sendResource(request, reply, etagOfMovement(movement), movement)
    },
  )

  app.post(
    '/movements/:movement_id/reversal',
    {
      config: { isBodyOptional: true },
      schema: create({
        id: 'reverseMovement',
        tag: 'Movements',
        permission: 'stock:move',
        summary: 'Take a movement back',
        description: 'Records a movement that goes the other way, once. The ledger keeps both, linked.',
        params,
        body: Ref(NewReversal),
        answer: RecordedMovement,
        says: 'Recorded',
      }),
    },
    async (request, reply) => {
      const viewer = viewerOf(request)
      return await effects.send(request, reply, async (effect) =>
        recorded(await reverseMovement(effect, request.params.movement_id, request.body), viewer),
      )
    },
  )
}
