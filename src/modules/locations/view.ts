import { etagOf } from '../../http/etag.ts'
import type { LocationRow } from './repository.ts'
import type { Location } from './schemas.ts'

export const toLocation = (row: LocationRow): Location => ({
  id: row.id,
  code: row.code,
  name: row.name,
  is_default: row.is_default,
  is_active: row.is_active,
  version: row.version,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

export const etagOfLocation = ({ version }: Location): string => etagOf(version)
