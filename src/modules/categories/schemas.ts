import { type Static, Type } from '@sinclair/typebox'
import { ListQuery } from '../../http/paging.ts'
import { Closed, Component, Count, DateTime, Id, PageOf, PatchOf, Text, Version } from '../../http/schema.ts'

export const Category = Component(
  'Category',
  Type.Object(
    {
      id: Id({ description: 'Category.' }),
      name: Type.String({ description: 'Unique without regard to case.', examples: ['Ferretería'] }),
      description: Type.String({
        description: 'Free text; may be empty.',
        examples: ['Tornillos, tuercas y herrajes'],
      }),
      product_count: Count({ description: 'Products in it, archived ones too.', examples: [12] }),
      version: Version(),
      created_at: DateTime({ description: 'When it was made.' }),
      updated_at: DateTime({ description: 'When it was last changed.' }),
    },
    { description: 'A group of products.' },
  ),
)
export type Category = Static<typeof Category>

const fields = {
  name: Text({ minLength: 1, maxLength: 100, description: 'Unique without regard to case.', examples: ['Jardinería'] }),
  description: Type.Optional(
    Text({ maxLength: 1000, lines: true, default: '', description: 'Free text.', examples: ['Herramientas y riego'] }),
  ),
}

export const NewCategory = Component('NewCategory', Closed(fields, { description: 'A category to make.' }))
export type NewCategory = Static<typeof NewCategory>

export const CategoryPatch = Component('CategoryPatch', PatchOf(Closed(fields)))
export type CategoryPatch = Static<typeof CategoryPatch>

export const CategoryPage = PageOf('CategoryPage', Category)

export const CategoryQuery = ListQuery(['name', 'created_at', 'updated_at', 'id'], {})
export type CategoryQuery = Static<typeof CategoryQuery>
