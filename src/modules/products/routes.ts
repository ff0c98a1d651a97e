import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { changed, created } from '../../http/answers.ts'
import { sendResource } from '../../http/etag.ts'
import { pageOf } from '../../http/paging.ts'
import { change, create, list, read } from '../../http/route-schema.ts'
import { Ref } from '../../http/schema.ts'
import { lifecycleRoutes, type ProductServices } from './lifecycle-routes.ts'
import { listOf } from './list-service.ts'
import { lookupRoutes } from './lookup-routes.ts'
import { NewProduct, Product, ProductPage, ProductPatch, ProductQuery, productParams } from './schemas.ts'
import { changeProduct, createProduct, getProduct } from './service.ts'
import { etagOfProduct, toProduct } from './view.ts'

export const productRoutes: FastifyPluginAsyncTypebox<ProductServices> = async (app, services) => {
  const { store, effects, cursors, currency } = services

  app.get(
    '/products',
    {
      schema: list({
        id: 'listProducts',
        tag: 'Products',
        permission: 'catalogue:read',
        summary: 'List products',
        description: 'Filters may be combined. Archived products are left out unless they are asked for.',
        query: ProductQuery,
        answer: ProductPage,
        says: 'A page of products',
      }),
    },
    async (request, reply) => {
      const found = await listOf(store, request.query, cursors.read(request))
      return pageOf({ request, reply, cursors }, found, (row) => toProduct(row, currency))
    },
  )

  app.post(
    '/products',
    {
      schema: create({
        id: 'createProduct',
        tag: 'Products',
        permission: 'product:edit',
        summary: 'Create a product',
        description: 'SKU and barcode are unique, those of archived products too. It begins without stock.',
        body: Ref(NewProduct),
        answer: Product,
        says: 'Created',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const row = await createProduct(effect, request.body)
        return created('/products', toProduct(row, currency), etagOfProduct(row))
      }),
  )

  app.get(
    '/products/:product_id',
    {
      schema: read({
        id: 'getProduct',
        tag: 'Products',
        permission: 'catalogue:read',
        summary: 'Get a product',
        description: 'One product, archived or not, with what is on hand of it at all locations together.',
        params: productParams,
        answer: Product,
        says: 'The product',
      }),
    },
    async (request, reply) => {
      const { product_id } = request.params
      const row = await store.query((reader) => getProduct(reader, product_id))
      return sendResource(request, reply, etagOfProduct(row), toProduct(row, currency))
    },
  )

  app.patch(
    '/products/:product_id',
    {
      schema: change({
        id: 'updateProduct',
        tag: 'Products',
        permission: 'product:edit',
        summary: 'Change a product',
        description:
          'A merge patch: fields that are absent stay as they are, a barcode of null is taken away. Once there are movements the unit stays, and the decimals that they use.',
        params: productParams,
        body: Ref(ProductPatch),
        answer: Product,
        says: 'Changed',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const row = await changeProduct(effect, request.params.product_id, request.body)
        return changed(toProduct(row, currency), etagOfProduct(row))
      }),
  )

  await app.register(lifecycleRoutes, services)
  await app.register(lookupRoutes, services)
}
