import type { Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import { identityKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import type { Category, CategoryPatch, NewCategory } from './schemas.ts'

export const toCategory = ({ name_key: _key, product_count, ...row }: repository.CategoryRow): Category => ({
  ...row,
  product_count: product_count ?? 0,
})

export const noCategory = (id: number) => new Problem('not-found', `There is no category ${id}.`)

/** Whether there is such a category; if so it stays until the transaction ends. */
export const keepCategory = async (trx: Writer, id: number): Promise<boolean> =>
  (await repository.keepCategory(trx, id)) !== undefined

/** @throws Problem `conflict` when the name is taken */
export async function createCategory(trx: Writer, { name, description = '' }: NewCategory): Promise<Category> {
  const created_at = now()
  const name_key = identityKey(name)
  // Looked for first: an insert that is refused takes an id of PostgreSQL's sequence with it.
  if (await repository.findCategoryIdByKey(trx, name_key)) throw await nameTaken(trx, name)
  const made = await repository.insertCategory(trx, { name, name_key, description, created_at, updated_at: created_at })
  if (made === undefined) throw await nameTaken(trx, name)
  return await getCategory(trx, made.id)
}

/**
 * Changes the fields that are given.
 *
 * @param requireVersion refuses when the version at hand is not the one the caller knows
 * @throws Problem `not-found`, `conflict`
 */
export async function changeCategory(
  trx: Writer,
  id: number,
  patch: CategoryPatch,
  requireVersion: (version: number) => void,
): Promise<Category> {
  const category = await repository.lockCategory(trx, id)
  if (category === undefined) throw noCategory(id)
  requireVersion(category.version)
  const { name = category.name, description = category.description } = patch
  const name_key = identityKey(name)
  if (name_key !== category.name_key && (await repository.findCategoryIdByKey(trx, name_key)))
    throw await nameTaken(trx, name)
  await repository.updateCategory(trx, id, category.version, { name, name_key, description, updated_at: now() })
  return await getCategory(trx, id)
}

/**
 * Removes a category that no product is in.
 *
 * @throws Problem `not-found`, `in-use`
 */
export async function removeCategory(
  trx: Writer,
  id: number,
  requireVersion: (version: number) => void,
): Promise<void> {
  const category = await repository.lockCategory(trx, id)
  if (category === undefined) throw noCategory(id)
  requireVersion(category.version)
  // Counted once it is held: what was read while waiting for it may not show a product put into it meanwhile.
  const product_count = await repository.countProducts(trx, id)
  if (product_count > 0) {
    const detail = `${product_count} products are in this category (archived ones count): move them to another one first.`
    throw new Problem('in-use', detail, { members: { product_count } })
  }
  await repository.deleteCategory(trx, id)
}

/** @throws Problem `not-found` */
async function getCategory(trx: Writer, id: number): Promise<Category> {
  const row = await repository.findCategory(trx, id)
  if (row === undefined) throw noCategory(id)
  return toCategory(row)
}

async function nameTaken(trx: Writer, name: string): Promise<Problem> {
  const taken = await repository.findCategoryIdByKey(trx, identityKey(name))
  const detail = `A category of this name exists: ${taken?.id}. Case and white space do not make another one.`
  return new Problem('conflict', detail, {
    errors: [{ pointer: '#/name', detail: 'is taken' }],
    members: { existing_id: taken?.id },
  })
}
