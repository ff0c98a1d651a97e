import type { Insertable, Updateable } from 'kysely'
import { lockRows } from '../../db/dialect.ts'
import { keyset, type Paging } from '../../db/keyset.ts'
import type { Locations } from '../../db/schema.gen.ts'
import type { Reader, Writer } from '../../db/types.ts'
import type { LocationQuery } from './schemas.ts'

const SORTS = { code: 'l.code_key', name: 'l.name_key', id: 'l.id' } satisfies Record<LocationQuery['sort'], string>

export type LocationRow = NonNullable<Awaited<ReturnType<typeof findLocation>>>

function selectLocations(db: Reader, archived: LocationQuery['archived']) {
  const all = db.selectFrom('locations as l')
  return archived === 'include' ? all : all.where('l.is_active', '=', archived === 'exclude')
}

export const listLocations = (db: Reader, { archived, sort, order }: LocationQuery, paging: Paging) =>
  keyset(selectLocations(db, archived).selectAll(), { column: SORTS[sort], id: 'l.id', order, ...paging }).execute()

export async function countLocations(db: Reader, archived: LocationQuery['archived']): Promise<number> {
  const row = await selectLocations(db, archived)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return row.count
}

export const findLocation = (db: Reader, id: number) =>
  db.selectFrom('locations').selectAll().where('id', '=', id).executeTakeFirst()

/** A location, held until the transaction ends. */
export const lockLocation = (trx: Writer, id: number) =>
  lockRows(trx, trx.selectFrom('locations as l').selectAll().where('l.id', '=', id), 'l').executeTakeFirst()

/** Another location that has this code or this name. */
export const findLocationLike = (db: Reader, code_key: string, name_key: string, except: number) =>
  db
    .selectFrom('locations')
    .select(['id', 'code_key'])
    .where((eb) => eb.or([eb('code_key', '=', code_key), eb('name_key', '=', name_key)]))
    .where('id', '<>', except)
    .executeTakeFirst()

export const insertLocation = (trx: Writer, location: Insertable<Locations>) =>
  trx.insertInto('locations').values(location).returningAll().executeTakeFirstOrThrow()

export const updateLocation = (trx: Writer, id: number, version: number, changes: Updateable<Locations>) =>
  trx
    .updateTable('locations')
    .set({ ...changes, version: version + 1 })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()

/** The default location, held until the transaction ends; undefined when it changed hands meanwhile. */
export const lockDefault = (trx: Writer) =>
  lockRows(trx, trx.selectFrom('locations as l').selectAll().where('l.is_default', '=', true), 'l').executeTakeFirst()

/** Stock that is at a location or promised from it, in levels. */
export async function countOccupiedLevels(db: Reader, id: number): Promise<number> {
  const row = await db
    .selectFrom('stock')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('location_id', '=', id)
    .where((eb) => eb.or([eb('quantity', '>', 0), eb('reserved', '>', 0)]))
    .executeTakeFirstOrThrow()
  return row.count
}

/** Whether a level or the ledger names a location. */
export async function isLocationNamed(db: Reader, id: number): Promise<boolean> {
  const level = await db.selectFrom('stock').select('id').where('location_id', '=', id).limit(1).executeTakeFirst()
  if (level !== undefined) return true
  const line = await db
    .selectFrom('movement_lines')
    .select('id')
    .where((eb) => eb.or([eb('from_location_id', '=', id), eb('to_location_id', '=', id)]))
    .limit(1)
    .executeTakeFirst()
  return line !== undefined
}

export const deleteLocation = (trx: Writer, id: number) => trx.deleteFrom('locations').where('id', '=', id).execute()
