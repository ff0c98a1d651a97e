import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readPage } from '../../db/keyset.ts'
import { changed, created, nothing } from '../../http/answers.ts'
import type { Effect } from '../../http/effect.ts'
import { sendResource } from '../../http/etag.ts'
import { pageOf } from '../../http/paging.ts'
import { act, change, create, list, read, remove } from '../../http/route-schema.ts'
import { Closed, Id, Ref } from '../../http/schema.ts'
import type { Services } from '../../http/services.ts'
import * as repository from './repository.ts'
import { Location, LocationPage, LocationPatch, LocationQuery, NewLocation } from './schemas.ts'
import * as service from './service.ts'
import { etagOfLocation, toLocation } from './view.ts'

const params = Closed({ location_id: Id({ description: 'Location.' }) })

/** What is done to one location by a POST without a body. */
const ACTIONS: {
  path: string
  id: string
  summary: string
  description: string
  apply(effect: Effect, id: number): Promise<Location>
}[] = [
  {
    path: 'default',
    id: 'makeDefaultLocation',
    summary: 'Make a location the default',
    description: 'The default is meant wherever a movement names no location. The one that was it no longer is.',
    apply: service.makeDefault,
  },
  {
    path: 'archive',
    id: 'archiveLocation',
    summary: 'Archive a location',
    description: 'Only an empty one that is not the default. It no longer takes part in movements; its history stays.',
    apply: service.archiveLocation,
  },
  {
    path: 'restore',
    id: 'restoreLocation',
    summary: 'Restore an archived location',
    description: 'Puts it into use again.',
    apply: service.restoreLocation,
  },
]

export const locationRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, effects, cursors }) => {
  app.get(
    '/locations',
    {
      schema: list({
        id: 'listLocations',
        tag: 'Locations',
        permission: 'catalogue:read',
        summary: 'List locations',
        description: 'Archived ones only when asked for.',
        query: LocationQuery,
        answer: LocationPage,
        says: 'A page of locations',
      }),
    },
    async (request, reply) => {
      const { query } = request
      const paging = cursors.read(request)
      const found = await readPage(
        store,
        query,
        (reader) => repository.listLocations(reader, query, paging),
        (reader) => repository.countLocations(reader, query.archived),
      )
      return pageOf({ request, reply, cursors }, found, toLocation)
    },
  )

  app.post(
    '/locations',
    {
      schema: create({
        id: 'createLocation',
        tag: 'Locations',
        permission: 'location:edit',
        summary: 'Create a location',
        description: 'Code and name are each unique without regard to case and white space.',
        body: Ref(NewLocation),
        answer: Location,
        says: 'Created',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const location = await service.createLocation(effect, request.body)
        return created('/locations', location, etagOfLocation(location))
      }),
  )

  app.get(
    '/locations/:location_id',
    {
      schema: read({
        id: 'getLocation',
        tag: 'Locations',
        permission: 'catalogue:read',
        summary: 'Get a location',
        description: 'One location.',
        params,
        answer: Location,
        says: 'The location',
      }),
    },
    async (request, reply) => {
      const { location_id } = request.params
      const row = await store.query((reader) => repository.findLocation(reader, location_id))
      if (row === undefined) throw service.noLocation(location_id)
      const location = toLocation(row)
      return sendResource(request, reply, etagOfLocation(location), location)
    },
  )

  app.patch(
    '/locations/:location_id',
    {
      schema: change({
        id: 'updateLocation',
        tag: 'Locations',
        permission: 'location:edit',
        summary: 'Change a location',
        description: 'A merge patch: fields that are absent stay as they are.',
        params,
        body: Ref(LocationPatch),
        answer: Location,
        says: 'Changed',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const location = await service.changeLocation(effect, request.params.location_id, request.body)
        return changed(location, etagOfLocation(location))
      }),
  )

  app.delete(
    '/locations/:location_id',
    {
      schema: remove({
        id: 'deleteLocation',
        tag: 'Locations',
        permission: 'location:edit',
        summary: 'Delete a location',
        description: 'Only one that never held stock; archive the others.',
        params,
        says: 'Deleted',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        await service.removeLocation(effect, request.params.location_id)
        return nothing
      }),
  )

  for (const { path, id, summary, description, apply } of ACTIONS) {
    app.post(
      `/locations/:location_id/${path}`,
      {
        schema: act({
          id,
          tag: 'Locations',
          permission: 'location:edit',
          summary,
          description,
          params,
          answer: Location,
          says: 'The location as it is now',
          problems: [415],
        }),
      },
      async (request, reply) =>
        await effects.send(request, reply, async (effect) => {
          const location = await apply(effect, request.params.location_id)
          return changed(location, etagOfLocation(location))
        }),
    )
  }
}
