import type { Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import type { Effect } from '../../http/effect.ts'
import { fromThousandths } from '../../values/quantity.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import { getProduct, noProduct } from './service.ts'

/**
 * Archives a product, or brings it back; done already, nothing changes. An archived product is out of the lists and
 * cannot move, so one with stock or reservations is not archived: its stock would be hidden.
 *
 * @throws Problem `not-found`, `in-use`
 */
export async function setActive(effect: Effect, id: number, is_active: boolean): Promise<repository.ProductRow> {
  const { trx } = effect
  const product = await repository.lockProduct(trx, id)
  if (product === undefined) throw noProduct(id)
  const before = await getProduct(trx, id)
  if (product.is_active === is_active) return before
  if (!is_active) await refuseHiddenStock(trx, id, product.unit)
  await repository.updateProduct(trx, id, product.version, { is_active, updated_at: now() })
  const after = await getProduct(trx, id)
  effect.changed({ resource: 'product', id, before, after })
  return after
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
export async function removeProduct(effect: Effect, id: number): Promise<void> {
  const { trx } = effect
  const product = await repository.lockProduct(trx, id)
  if (product === undefined) throw noProduct(id)
  effect.requireVersion(product.version)
  const uses = await repository.countUses(trx, id)
  const movement_lines = uses.movement_lines ?? 0
  const quantity = fromThousandths(uses.quantity)
  const reserved = fromThousandths(uses.reserved)
  const blocked_by = blockers({ movement_lines, quantity, reserved })
  if (blocked_by.length > 0) {
    const what = `${movement_lines} movement lines name it, ${quantity} on hand, ${reserved} reserved`
    throw stillUsed(id, what, { blocked_by, movement_lines, quantity, reserved })
  }
  // Rows of a table that is not looked into here may name it.
  effect.explain('reference', async () => stillUsed(id, 'other records name it', { blocked_by: ['other_records'] }))
  const before = await getProduct(trx, id)
  await repository.deleteProduct(trx, id)
  effect.changed({ resource: 'product', id, before, after: null })
}

const stillUsed = (id: number, what: string, members: { blocked_by: string[] } & Record<string, unknown>) =>
  new Problem('in-use', `Product ${id} cannot be deleted (${what}). Archive it instead: it leaves the lists.`, {
    members,
  })

const blockers = (uses: Record<string, number>): string[] =>
  Object.entries(uses).flatMap(([name, amount]) => (amount === 0 ? [] : [name]))
