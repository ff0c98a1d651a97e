import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { explainViolations } from '../../db/violations.ts'
import { requireMatch } from '../../http/etag.ts'
import * as op from '../../http/operation.ts'
import type { Services } from '../../http/services.ts'
import { explainDeletion, removeProduct, setActive } from './lifecycle-service.ts'
import { Product, productParams } from './schemas.ts'
import { productEtag, toProduct } from './service.ts'

/** Archiving, restoring and deleting products. */
export const lifecycleRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, idempotency, config }) => {
  app.post(
    '/products/:product_id/archive',
    {
      schema: {
        ...op.operation({
          id: 'archiveProduct',
          tag: 'Products',
          permission: 'product:archive',
          summary: 'Archive a product',
          description:
            'It leaves the lists and cannot move any more; its history still names it. Refused while stock of it is on hand or reserved. Archived already, nothing changes.',
        }),
        params: productParams,
        headers: op.idempotencyKey,
        response: { 200: op.answer(Product, 'It is archived', op.etagHeader), ...op.problems(404, 409, 422) },
      },
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
      schema: {
        ...op.operation({
          id: 'restoreProduct',
          tag: 'Products',
          permission: 'product:archive',
          summary: 'Restore a product',
          description: 'Brings an archived product back. Not archived, nothing changes.',
        }),
        params: productParams,
        headers: op.idempotencyKey,
        response: { 200: op.answer(Product, 'It is active', op.etagHeader), ...op.problems(404, 409, 422) },
      },
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
      schema: {
        ...op.operation({
          id: 'deleteProduct',
          tag: 'Products',
          permission: 'product:archive',
          summary: 'Delete a product',
          description: 'Only while nothing refers to it, such as one made by mistake; otherwise archive it.',
        }),
        params: productParams,
        headers: op.ifMatch,
        response: { 204: op.noContent('Deleted'), ...op.problems(404, 409, 412) },
      },
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
