import { type Static, Type } from '@sinclair/typebox'
import { archivedFilter, ListQuery } from '../../http/paging.ts'
import { Closed, Component, DateTime, Id, PageOf, PatchOf, Text, Version } from '../../http/schema.ts'

export const Location = Component(
  'Location',
  Type.Object(
    {
      id: Id({ description: 'Location.' }),
      code: Type.String({ description: 'Short name, unique without regard to case.', examples: ['MAIN'] }),
      name: Type.String({ description: 'Unique without regard to case.', examples: ['Almacén central'] }),
      is_default: Type.Boolean({
        description: 'Meant where a movement names no location; exactly one is.',
        examples: [true],
      }),
      is_active: Type.Boolean({ description: 'False when archived: nothing moves in or out.', examples: [true] }),
      version: Version(),
      created_at: DateTime({ description: 'When it was made.' }),
      updated_at: DateTime({ description: 'When it was last changed.' }),
    },
    { description: 'A place that holds stock.' },
  ),
)
export type Location = Static<typeof Location>

const fields = {
  code: Text({
    minLength: 1,
    maxLength: 20,
    description: 'Short name, unique without regard to case.',
    examples: ['TIENDA-2'],
  }),
  name: Text({
    minLength: 1,
    maxLength: 100,
    description: 'Unique without regard to case.',
    examples: ['Tienda del puerto'],
  }),
}

export const NewLocation = Component('NewLocation', Closed(fields, { description: 'A location to make.' }))
export type NewLocation = Static<typeof NewLocation>

export const LocationPatch = Component('LocationPatch', PatchOf(Closed(fields)))
export type LocationPatch = Static<typeof LocationPatch>

export const LocationPage = PageOf('LocationPage', Location)

export const LocationQuery = ListQuery(['code', 'name', 'id'], {
  archived: archivedFilter('locations'),
})
export type LocationQuery = Static<typeof LocationQuery>
