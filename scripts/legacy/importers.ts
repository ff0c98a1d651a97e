import { categories } from './categories.ts'
import type { Importer } from './importer.ts'
import { products } from './products.ts'
import { stock } from './stock.ts'
import { users } from './users.ts'

/** Every table that is taken over, each after those it refers to. */
export const IMPORTERS: readonly Importer[] = [users, categories, products, stock]

/** Tables that are known and not taken over yet. */
export const LATER: ReadonlyMap<string, string> = new Map(
  ['orders', 'order_items', 'purchase_orders', 'purchase_order_items'].map((name) => [
    name,
    'not imported yet: they follow when the service has orders',
  ]),
)

/** The tables whose rows are read. */
export const WANTED: ReadonlySet<string> = new Set(IMPORTERS.flatMap((importer) => importer.names))
