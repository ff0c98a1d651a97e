import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { sendResource } from '../../http/etag.ts'
import { read } from '../../http/route-schema.ts'
import type { ProductServices } from './lifecycle-routes.ts'
import { barcodeParams, Product, skuParams } from './schemas.ts'
import { getProductByBarcode, getProductBySku } from './service.ts'
import { etagOfProduct, toProduct } from './view.ts'

/**
 * Finding the one product that a scanner or a list of somebody else names. A level of their own in the path keeps them
 * apart from `/products/{product_id}/stock` and the like for every tool that reads the document.
 */
export const lookupRoutes: FastifyPluginAsyncTypebox<ProductServices> = async (app, { store, currency }) => {
  app.get(
    '/products/lookup/barcode/:barcode',
    {
      schema: read({
        id: 'getProductByBarcode',
        tag: 'Products',
        permission: 'catalogue:read',
        summary: 'Get a product by its barcode',
        description: 'Archived ones too. A UPC-A is found as an EAN-13 with a leading zero, and the other way round.',
        params: barcodeParams,
        answer: Product,
        says: 'The product',
      }),
    },
    async (request, reply) => {
      const row = await store.query((reader) => getProductByBarcode(reader, request.params.barcode))
      return sendResource(request, reply, etagOfProduct(row), toProduct(row, currency))
    },
  )

  app.get(
    '/products/lookup/sku/:sku',
    {
      schema: read({
        id: 'getProductBySku',
        tag: 'Products',
        permission: 'catalogue:read',
        summary: 'Get a product by its SKU',
        description: 'Archived ones too. Case, width and white space do not count; a slash is written %2F.',
        params: skuParams,
        answer: Product,
        says: 'The product',
      }),
    },
    async (request, reply) => {
      const row = await store.query((reader) => getProductBySku(reader, request.params.sku))
      return sendResource(request, reply, etagOfProduct(row), toProduct(row, currency))
    },
  )
}
