import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readPage } from '../../db/keyset.ts'
import { changed, created, nothing } from '../../http/answers.ts'
import { sendResource } from '../../http/etag.ts'
import { pageOf } from '../../http/paging.ts'
import { change, create, list, read, remove } from '../../http/route-schema.ts'
import { Closed, Id, Ref } from '../../http/schema.ts'
import type { Services } from '../../http/services.ts'
import * as repository from './repository.ts'
import { Category, CategoryPage, CategoryPatch, CategoryQuery, NewCategory } from './schemas.ts'
import { changeCategory, createCategory, noCategory, removeCategory } from './service.ts'
import { etagOfCategory, toCategory } from './view.ts'

const params = Closed({ category_id: Id({ description: 'Category.' }) })

export const categoryRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, effects, cursors }) => {
  app.get(
    '/categories',
    {
      schema: list({
        id: 'listCategories',
        tag: 'Categories',
        permission: 'catalogue:read',
        summary: 'List categories',
        description: 'All categories with the number of their products.',
        query: CategoryQuery,
        answer: CategoryPage,
        says: 'A page of categories',
      }),
    },
    async (request, reply) => {
      const { query } = request
      const paging = cursors.read(request)
      const found = await readPage(
        store,
        query,
        (reader) => repository.listCategories(reader, query, paging),
        (reader) => repository.countCategories(reader),
      )
      return pageOf({ request, reply, cursors }, found, toCategory)
    },
  )

  app.post(
    '/categories',
    {
      schema: create({
        id: 'createCategory',
        tag: 'Categories',
        permission: 'category:edit',
        summary: 'Create a category',
        description: 'The name is unique without regard to case and white space.',
        body: Ref(NewCategory),
        answer: Category,
        says: 'Created',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const category = await createCategory(effect, request.body)
        return created('/categories', category, etagOfCategory(category))
      }),
  )

  app.get(
    '/categories/:category_id',
    {
      schema: read({
        id: 'getCategory',
        tag: 'Categories',
        permission: 'catalogue:read',
        summary: 'Get a category',
        description: 'One category with the number of its products.',
        params,
        answer: Category,
        says: 'The category',
      }),
    },
    async (request, reply) => {
      const { category_id } = request.params
      const row = await store.query((reader) => repository.findCategory(reader, category_id))
      if (row === undefined) throw noCategory(category_id)
      const category = toCategory(row)
      return sendResource(request, reply, etagOfCategory(category), category)
    },
  )

  app.patch(
    '/categories/:category_id',
    {
      schema: change({
        id: 'updateCategory',
        tag: 'Categories',
        permission: 'category:edit',
        summary: 'Change a category',
        description: 'A merge patch: fields that are absent stay as they are.',
        params,
        body: Ref(CategoryPatch),
        answer: Category,
        says: 'Changed',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const category = await changeCategory(effect, request.params.category_id, request.body)
        return changed(category, etagOfCategory(category))
      }),
  )

  app.delete(
    '/categories/:category_id',
    {
      schema: remove({
        id: 'deleteCategory',
        tag: 'Categories',
        permission: 'category:edit',
        summary: 'Delete a category',
        description: 'Refused while products, archived ones too, are in it.',
        params,
        says: 'Deleted',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        await removeCategory(effect, request.params.category_id)
        return nothing
      }),
  )
}
