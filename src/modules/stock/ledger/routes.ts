import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import * as op from '../../../http/operation.ts'
import { PageQuery, pageOf } from '../../../http/paging.ts'
import { list } from '../../../http/route-schema.ts'
import type { Services } from '../../../http/services.ts'
import { productParams } from '../../products/schemas.ts'
import { ExplainQuery, LedgerEntryPage, LedgerProof } from './schemas.ts'
import * as service from './service.ts'
import { toEntry } from './view.ts'

/** What made a balance, line by line, and the proof of all of them. */
export const ledgerRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, cursors }) => {
  app.get(
    '/stock/explain',
    {
      schema: list({
        id: 'explainStock',
        tag: 'Stock',
        permission: 'stock:read',
        summary: 'Explain a level line by line',
        description:
          'Every line that made the level of a product at a location, from the first, each with the balance after it. The last balance is the level.',
        query: ExplainQuery,
        answer: LedgerEntryPage,
        says: 'A page of lines',
        problems: [404],
      }),
    },
    async (request, reply) => {
      const { product_id, location_id } = request.query
      const paging = cursors.read(request)
      const entries = await store.read((reader) => service.readExplanation(reader, product_id, location_id, paging))
      return pageOf({ request, reply, cursors }, { rows: service.balanced(entries, 'asc', location_id) }, toEntry)
    },
  )

  app.get(
    '/products/:product_id/movements',
    {
      schema: list({
        id: 'listProductMovements',
        tag: 'Stock',
        permission: 'stock:read',
        summary: 'List the history of a product',
        description: 'Every line that moved it, the latest first, each with the balance over all locations after it.',
        params: productParams,
        query: PageQuery,
        answer: LedgerEntryPage,
        says: 'A page of lines',
      }),
    },
    async (request, reply) => {
      const paging = cursors.read(request)
      const entries = await store.read((reader) => service.readHistory(reader, request.params.product_id, paging))
      return pageOf({ request, reply, cursors }, { rows: service.balanced(entries, 'desc') }, toEntry)
    },
  )

  app.get(
    '/ledger/verify',
    {
      schema: {
        ...op.operation({
          id: 'verifyLedger',
          tag: 'Ledger',
          permission: 'ledger:verify',
          summary: 'Prove every balance',
          description:
            'Recomputes every balance from the lines of the ledger. Answers no differences, or the exact rows.',
        }),
        response: { 200: op.answer(LedgerProof, 'The proof'), ...op.problems() },
      },
    },
    async () => await service.verifyLedger(store),
  )
}
