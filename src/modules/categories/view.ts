import { etagOf } from '../../http/etag.ts'
import type { CategoryRow } from './repository.ts'
import type { Category } from './schemas.ts'

export const toCategory = (row: CategoryRow): Category => ({
  id: row.id,
  name: row.name,
  description: row.description,
  product_count: row.product_count ?? 0,
  version: row.version,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

/** Besides the version the number of products is shown, which changes without it. */
export const etagOfCategory = ({ version, product_count }: Category): string => etagOf(version, product_count)
