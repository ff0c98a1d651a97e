import type { Writer } from '../../db/types.ts'
import { Problem, taken } from '../../errors.ts'
import type { Effect } from '../../http/effect.ts'
import { isUnchanged } from '../../values/changes.ts'
import { identityKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import type { Category, CategoryPatch, NewCategory } from './schemas.ts'
import { toCategory } from './view.ts'

export const noCategory = (id: number) => new Problem('not-found', `There is no category ${id}.`)

/** Whether there is such a category; if so it stays until the transaction ends. */
export const keepCategory = async (trx: Writer, id: number): Promise<boolean> =>
  (await repository.keepCategory(trx, id)) !== undefined

/** @throws Problem `conflict` when the name is taken */
export async function createCategory(effect: Effect, { name, description = '' }: NewCategory): Promise<Category> {
  const { trx } = effect
  const name_key = identityKey(name)
  await requireFreeName(effect, name_key)
  const created_at = now()
  const { id } = await repository.insertCategory(trx, {
    name,
    name_key,
    description,
    created_at,
    updated_at: created_at,
  })
  const category = await getCategory(trx, id)
  effect.changed({ resource: 'category', id, before: null, after: category })
  return category
}

/**
 * Changes the fields that are given; a patch that changes nothing makes no new version.
 *
 * @throws Problem `not-found`, `precondition-failed`, `conflict`
 */
export async function changeCategory(effect: Effect, id: number, patch: CategoryPatch): Promise<Category> {
  const { trx } = effect
  const before = await holdCategory(effect, id)
  if (isUnchanged(before, patch)) return before
  const { name = before.name, description = before.description } = patch
  const name_key = identityKey(name)
  await requireFreeName(effect, name_key, id)
  await repository.updateCategory(trx, id, before.version, { name, name_key, description, updated_at: now() })
  const after = await getCategory(trx, id)
  effect.changed({ resource: 'category', id, before, after })
  return after
}

/**
 * Removes a category that no product is in.
 *
 * @throws Problem `not-found`, `precondition-failed`, `in-use`
 */
export async function removeCategory(effect: Effect, id: number): Promise<void> {
  const { trx } = effect
  const before = await holdCategory(effect, id)
  // Counted once it is held: what was read while waiting for it may not show a product put into it meanwhile.
  const product_count = await repository.countProducts(trx, id)
  if (product_count > 0) {
    const detail = `${product_count} products are in this category (archived ones count): move them to another one first.`
    throw new Problem('in-use', detail, { members: { product_count } })
  }
  await repository.deleteCategory(trx, id)
  effect.changed({ resource: 'category', id, before, after: null })
}

/** A category that the caller knows as it is, held until the transaction ends. */
async function holdCategory({ trx, requireVersion }: Effect, id: number): Promise<Category> {
  const row = await repository.lockCategory(trx, id)
  if (row === undefined) throw noCategory(id)
  requireVersion(row.version)
  return toCategory(row)
}

/** @throws Problem `not-found` */
async function getCategory(trx: Writer, id: number): Promise<Category> {
  const row = await repository.findCategory(trx, id)
  if (row === undefined) throw noCategory(id)
  return toCategory(row)
}

const requireFreeName = (effect: Effect, name_key: string, ownId = 0) =>
  effect.requireUnique(['categories_name_key_unique'], async (db) => {
    const other = await repository.findCategoryIdByKey(db, name_key)
    if (other === undefined || other.id === ownId) return undefined
    const detail = `A category of this name exists: ${other.id}. Case and white space do not make another one.`
    return taken('#/name', detail, other.id)
  })
