import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { explainViolations } from '../../db/violations.ts'
import { requireMatch } from '../../http/etag.ts'
import { act, remove } from '../../http/route-schema.ts'
import type { Services } from '../../http/services.ts'
import { explainDeletion, removeProduct, setActive } from './lifecycle-service.ts'
import { Product, productParams } from './schemas.ts'
import { productEtag, toProduct } from './service.ts'

/** Archiving, restoring and deleting products. */
export const lifecycleRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, idempotency, config }) => {
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
      await idempotency.run(request, reply, async (trx) => {
        const row = await setActive(trx, request.params.product_id, false)
        return { status: 200, body: toProduct(row, config.currency), headers: { etag: productEtag(row) } }
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
      await idempotency.run(request, reply, async (trx) => {
        const row = await setActive(trx, request.params.product_id, true)
        return { status: 200, body: toProduct(row, config.currency), headers: { etag: productEtag(row) } }
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
    async (request, reply) => {
      const { product_id } = request.params
      await explainViolations(
        () => store.write((trx) => removeProduct(trx, product_id, (version) => requireMatch(request, version))),
        async (constraint) => explainDeletion(product_id, constraint),
      )
      return reply.code(204).send(null)
    },
  )
}
