import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { explainViolations } from '../../db/violations.ts'
import { requireMatch, sendResource } from '../../http/etag.ts'
import * as op from '../../http/operation.ts'
import { pageOf } from '../../http/paging.ts'
import { Ref } from '../../http/schema.ts'
import type { Services } from '../../http/services.ts'
import { lifecycleRoutes } from './lifecycle-routes.ts'
import { listOf } from './list-service.ts'
import { lookupRoutes } from './lookup-routes.ts'
import { NewProduct, Product, ProductPage, ProductPatch, ProductQuery, productParams } from './schemas.ts'
import { changeProduct, createProduct, explainRace, getProduct, productEtag, toProduct } from './service.ts'

export const productRoutes: FastifyPluginAsyncTypebox<Services> = async (app, services) => {
  const { store, cursors, idempotency } = services
  const { currency } = services.config

  app.get(
    '/products',
    {
      schema: {
        ...op.operation({
          id: 'listProducts',
          tag: 'Products',
          permission: 'catalogue:read',
          summary: 'List products',
          description: 'Filters may be combined. Archived products are left out unless they are asked for.',
        }),
        querystring: ProductQuery,
        response: { 200: op.answer(ProductPage, 'A page of products', op.linkHeader), ...op.problems() },
      },
    },
    async (request, reply) => {
      const paging = cursors.read(request)
      const { rows, total } = await listOf(store, request.query, paging)
      const place = ({ id, place: value }: { id: number; place: string | number }) => ({ value, id })
      const context = { request, reply, cursors, limit: paging.limit }
      return pageOf(context, rows, place, (row) => toProduct(row, currency), total)
    },
  )

  app.post(
    '/products',
    {
      schema: {
        ...op.operation({
          id: 'createProduct',
          tag: 'Products',
          permission: 'product:edit',
          summary: 'Create a product',
          description: 'SKU and barcode are unique, those of archived products too. It begins without stock.',
        }),
        headers: op.idempotencyKey,
        body: Ref(NewProduct),
        response: {
          201: op.answer(Product, 'Created', op.locationHeader, op.etagHeader),
          ...op.problems(409, 413, 415, 422),
        },
      },
    },
    async (request, reply) =>
      await idempotency.run(request, reply, async (trx) => {
        const row = await createProduct(trx, request.body)
        const headers = { location: `/api/v1/products/${row.id}`, etag: productEtag(row) }
        return { status: 201, body: toProduct(row, currency), headers }
      }),
  )

  app.get(
    '/products/:product_id',
    {
      schema: {
        ...op.operation({
          id: 'getProduct',
          tag: 'Products',
          permission: 'catalogue:read',
          summary: 'Get a product',
          description: 'One product, archived or not, with what is on hand of it at all locations together.',
        }),
        params: productParams,
        headers: op.ifNoneMatch,
        response: { 200: op.answer(Product, 'The product', op.etagHeader), 304: op.notModified, ...op.problems(404) },
      },
    },
    async (request, reply) => {
      const { product_id } = request.params
      const row = await store.query((reader) => getProduct(reader, product_id))
      return sendResource(request, reply, productEtag(row), toProduct(row, currency))
    },
  )

  app.patch(
    '/products/:product_id',
    {
      schema: {
        ...op.operation({
          id: 'updateProduct',
          tag: 'Products',
          permission: 'product:edit',
          summary: 'Change a product',
          description:
            'A merge patch: fields that are absent stay as they are, a barcode of null is taken away. Once there are movements the unit stays, and the decimals that they use.',
        }),
        params: productParams,
        headers: op.ifMatch,
        consumes: ['application/merge-patch+json', 'application/json'],
        body: Ref(ProductPatch),
        response: { 200: op.answer(Product, 'Changed', op.etagHeader), ...op.problems(404, 409, 412, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { product_id } = request.params
      const requireVersion = (version: number) => requireMatch(request, version)
      const row = await explainViolations(
        () => store.write((trx) => changeProduct(trx, product_id, request.body, requireVersion)),
        (constraint) => store.query((reader) => explainRace(reader, constraint, product_id, request.body)),
      )
      return reply.header('etag', productEtag(row)).send(toProduct(row, currency))
    },
  )

  await app.register(lifecycleRoutes, services)
  await app.register(lookupRoutes, services)
}
