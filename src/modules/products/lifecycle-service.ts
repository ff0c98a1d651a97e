import type { Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import { fromThousandths } from '../../values/quantity.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import { getProduct, noProduct, type RequireVersion } from './service.ts'

/**
 * Archives a product, or brings it back; done already, nothing changes. An archived product is out of the lists and
 * cannot move, so one with stock or reservations is not archived: its stock would be hidden.
 *
 * @throws Problem `not-found`, `in-use`
 */
export async function setActive(trx: Writer, id: number, is_active: boolean): Promise<repository.ProductRow> {
  const product = await repository.lockProduct(trx, id)
  if (product === undefined) throw noProduct(id)
  if (product.is_active !== is_active) {
    if (!is_active) await refuseHiddenStock(trx, id, product.unit)
    await repository.updateProduct(trx, id, product.version, { is_active, updated_at: now() })
  }
  return await getProduct(trx, id)
}

async function refuseHiddenStock(trx: Writer, id: number, unit: string): Promise<void> {
  const uses = await repository.countUses(trx, id)
  const quantity = fromThousandths(uses.quantity)
  const reserved = fromThousandths(uses.reserved)
  if (quantity === 0 && reserved === 0) return
  const detail = `${quantity} ${unit} of it on hand, ${reserved} reserved: move or release them, then archive it.`
  throw new Problem('in-use', detail, { members: { quantity, reserved, blocked_by: blockers({ quantity, reserved }) } })
}

/**
 * Removes a product that nothing refers to, with its empty levels.
 *
 * @throws Problem `not-found`, `precondition-failed`, `in-use`
 */
export async function removeProduct(trx: Writer, id: number, requireVersion: RequireVersion): Promise<void> {
  const product = await repository.lockProduct(trx, id)
  if (product === undefined) throw noProduct(id)
  requireVersion(product.version)
  const uses = await repository.countUses(trx, id)
  const movement_lines = uses.movement_lines ?? 0
  const quantity = fromThousandths(uses.quantity)
  const reserved = fromThousandths(uses.reserved)
  const blocked_by = blockers({ movement_lines, quantity, reserved })
  if (blocked_by.length > 0) {
    const what = `${movement_lines} movement lines name it, ${quantity} on hand, ${reserved} reserved`
    throw stillUsed(id, what, { blocked_by, movement_lines, quantity, reserved })
  }
  await repository.deleteProduct(trx, id)
}

/** The problem of a deletion that the database refused: rows of a table that is not looked into here name the product. */
export const explainDeletion = (id: number, constraint: string): Problem | undefined =>
  constraint === 'reference' ? stillUsed(id, 'other records name it', { blocked_by: ['other_records'] }) : undefined

const stillUsed = (id: number, what: string, members: { blocked_by: string[] } & Record<string, unknown>) =>
  new Problem('in-use', `Product ${id} cannot be deleted (${what}). Archive it instead: it leaves the lists.`, {
    members,
  })

const blockers = (uses: Record<string, number>): string[] =>
  Object.entries(uses).flatMap(([name, amount]) => (amount === 0 ? [] : [name]))
