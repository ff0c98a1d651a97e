import type { Insertable, Updateable } from 'kysely'
import { lockRows, shareRows } from '../../db/dialect.ts'
import { keyset, type Paging } from '../../db/keyset.ts'
import type { Categories } from '../../db/schema.gen.ts'
import type { Reader, Writer } from '../../db/types.ts'
import type { CategoryQuery } from './schemas.ts'

const SORTS = {
  name: 'c.name_key',
  created_at: 'c.created_at',
  updated_at: 'c.updated_at',
  id: 'c.id',
} satisfies Record<CategoryQuery['sort'], string>

function selectCategories(db: Reader) {
  return db.selectFrom('categories as c').select((eb) => [
    'c.id',
    'c.name',
    'c.name_key',
    'c.description',
    'c.version',
    'c.created_at',
    'c.updated_at',
    eb
      .selectFrom('products as p')
      .select((count) => count.fn.countAll<number>().as('count'))
      .whereRef('p.category_id', '=', 'c.id')
      .as('product_count'),
  ])
}

export type CategoryRow = NonNullable<Awaited<ReturnType<typeof findCategory>>>

export const listCategories = (db: Reader, { sort, order }: CategoryQuery, paging: Paging) =>
  keyset(selectCategories(db), { column: SORTS[sort], id: 'c.id', order, ...paging }).execute()

export async function countCategories(db: Reader): Promise<number> {
  const { count } = await db
    .selectFrom('categories')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

export const findCategory = (db: Reader, id: number) => selectCategories(db).where('c.id', '=', id).executeTakeFirst()

export const findCategoryIdByKey = (db: Reader, key: string) =>
  db.selectFrom('categories').select('id').where('name_key', '=', key).executeTakeFirst()

/** Products in a category, archived ones too. */
export async function countProducts(db: Reader, category_id: number): Promise<number> {
  const { count } = await db
    .selectFrom('products')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('category_id', '=', category_id)
    .executeTakeFirstOrThrow()
  return count
}

/** A category, held until the transaction ends. */
export const lockCategory = (trx: Writer, id: number) =>
  lockRows(trx, selectCategories(trx).where('c.id', '=', id), 'c').executeTakeFirst()

/** A category that is not to be deleted until the transaction ends; others may keep it too. */
export const keepCategory = (trx: Writer, id: number) =>
  shareRows(trx, trx.selectFrom('categories').select('id').where('id', '=', id), 'categories').executeTakeFirst()

export const insertCategory = (trx: Writer, category: Insertable<Categories>) =>
  trx.insertInto('categories').values(category).returning('id').executeTakeFirstOrThrow()

/** Changes a category that is held by `lockCategory`. */
export const updateCategory = (trx: Writer, id: number, version: number, changes: Updateable<Categories>) =>
  trx
    .updateTable('categories')
    .set({ ...changes, version: version + 1 })
    .where('id', '=', id)
    .execute()

export const deleteCategory = (trx: Writer, id: number) => trx.deleteFrom('categories').where('id', '=', id).execute()
