import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { changed, nothing } from '../../http/answers.ts'
import { act, remove } from '../../http/route-schema.ts'
import type { Services } from '../../http/services.ts'
import { removeProduct, setActive } from './lifecycle-service.ts'
import { Product, productParams } from './schemas.ts'
import { etagOfProduct, toProduct } from './view.ts'

/** What the routes of products are given. */
export interface ProductServices extends Services {
  /** Of the installation: prices have no other. */
  currency: string
}

/** Archiving, restoring and deleting products. */
export const lifecycleRoutes: FastifyPluginAsyncTypebox<ProductServices> = async (app, { effects, currency }) => {
  app.post(
    '/products/:product_id/archive',
    {
      schema: act({
        id: 'archiveProduct',
        tag: 'Products',
        permission: 'product:archive',
        summary: 'Archive a product',
        description:
          'It leaves the lists and cannot move any more; its history still names it. Refused while stock of it is on hand or reserved. Archived already, nothing changes.',
        params: productParams,
        answer: Product,
        says: 'It is archived',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const row = await setActive(effect, request.params.product_id, false)
        return changed(toProduct(row, currency), etagOfProduct(row))
      }),
  )

  app.post(
    '/products/:product_id/restore',
    {
      schema: act({
        id: 'restoreProduct',
        tag: 'Products',
        permission: 'product:archive',
        summary: 'Restore a product',
        description: 'Brings an archived product back. Not archived, nothing changes.',
        params: productParams,
        answer: Product,
        says: 'It is active',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const row = await setActive(effect, request.params.product_id, true)
        return changed(toProduct(row, currency), etagOfProduct(row))
      }),
  )

  app.delete(
    '/products/:product_id',
    {
      schema: remove({
        id: 'deleteProduct',
        tag: 'Products',
        permission: 'product:archive',
        summary: 'Delete a product',
        description: 'Only while nothing refers to it, such as one made by mistake; otherwise archive it.',
        params: productParams,
        says: 'Deleted',
        problems: [409],
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        await removeProduct(effect, request.params.product_id)
        return nothing
      }),
  )
}
