import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readPage } from '../../../db/keyset.ts'
import { changed } from '../../../http/answers.ts'
import { sendResource } from '../../../http/etag.ts'
import * as op from '../../../http/operation.ts'
import { pageOf } from '../../../http/paging.ts'
import { change, list, read } from '../../../http/route-schema.ts'
import { Ref } from '../../../http/schema.ts'
import type { Services } from '../../../http/services.ts'
import { productParams } from '../../products/schemas.ts'
import { noProduct } from '../../products/service.ts'
import * as repository from './repository.ts'
import {
  LowStockQuery,
  levelParams,
  ProductStock,
  ProductStockQuery,
  StockLevel,
  StockLevelPage,
  StockLevelPatch,
  StockQuery,
} from './schemas.ts'
import * as levels from './service.ts'
import { toLevel, toResource } from './view.ts'

export const levelRoutes: FastifyPluginAsyncTypebox<Services> = async (app, { store, effects, cursors }) => {
  app.get(
    '/stock',
    {
      schema: list({
        id: 'listStock',
        tag: 'Stock',
        permission: 'stock:read',
        summary: 'List stock levels',
        description:
          'How much of each product is at each location, now or, with `as_of`, at any instant before. Archived products are left out, and so are archived locations, but not with `as_of`.',
        query: StockQuery,
        answer: StockLevelPage,
        says: 'A page of levels',
      }),
    },
    async (request, reply) => {
      const { query } = request
      const paging = cursors.read(request)
      const asOf = levels.asOfFrom(query)
      const found = await readPage(
        store,
        query,
        (reader) => repository.listLevels(reader, query, paging, asOf),
        (reader) => repository.countLevels(reader, query, asOf),
      )
      return pageOf({ request, reply, cursors }, found, toLevel)
    },
  )

  app.get(
    '/stock/low',
    {
      schema: list({
        id: 'listLowStock',
        tag: 'Stock',
        permission: 'stock:read',
        summary: 'List what is low or out',
        description: 'Levels with no more available than their minimum, the furthest below it first.',
        query: LowStockQuery,
        answer: StockLevelPage,
        says: 'A page of levels',
      }),
    },
    async (request, reply) => {
      const paging = cursors.read(request)
      const rows = await store.query((reader) => repository.listLow(reader, request.query, paging))
      return pageOf({ request, reply, cursors }, { rows }, toLevel)
    },
  )

  app.get(
    '/stock/:stock_id',
    {
      schema: read({
        id: 'getStockLevel',
        tag: 'Stock',
        permission: 'stock:read',
        summary: 'Get a stock level',
        description: 'One product at one location.',
        params: levelParams,
        answer: StockLevel,
        says: 'The level',
      }),
    },
    async (request, reply) => {
      const { stock_id } = request.params
      const [row] = await store.query((reader) => repository.findLevel(reader, { id: stock_id }))
      if (row === undefined) throw levels.noLevel(stock_id)
      const { level, etag } = toResource(row)
      return sendResource(request, reply, etag, level)
    },
  )

  app.patch(
    '/stock/:stock_id',
    {
      schema: change({
        id: 'updateStockLevel',
        tag: 'Stock',
        permission: 'stock:edit',
        summary: 'Set minimum and reorder quantity',
        description: 'Quantities change by movements only, so they cannot be set here.',
        params: levelParams,
        body: Ref(StockLevelPatch),
        answer: StockLevel,
        says: 'Changed',
      }),
    },
    async (request, reply) =>
      await effects.send(request, reply, async (effect) => {
        const { level, etag } = await levels.changeLevel(effect, request.params.stock_id, request.body)
        return changed(level, etag)
      }),
  )

  app.get(
    '/products/:product_id/stock',
    {
      schema: {
        ...op.operation({
          id: 'getProductStock',
          tag: 'Stock',
          permission: 'stock:read',
          summary: 'Get the stock of a product',
          description: 'At every location in use and together, now or, with `as_of`, at any instant before.',
        }),
        params: productParams,
        querystring: ProductStockQuery,
        response: { 200: op.answer(ProductStock, 'Its stock'), ...op.problems(404) },
      },
    },
    async (request) => {
      const { product_id } = request.params
      const asOf = levels.asOfFrom(request.query)
      const stock = await store.read((reader) => levels.getProductStock(reader, product_id, asOf))
      if (stock === undefined) throw noProduct(product_id)
      return stock
    },
  )
}
