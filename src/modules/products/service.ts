import type { Reader, Writer } from '../../db/types.ts'
import { type FieldError, Problem } from '../../errors.ts'
import type { Effect } from '../../http/effect.ts'
import { barcodeKey } from '../../values/barcode.ts'
import { isUnchanged } from '../../values/changes.ts'
import { toAmount } from '../../values/money.ts'
import { identityKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import { keepCategory } from '../categories/service.ts'
import * as repository from './repository.ts'
import * as rules from './rules.ts'
import type { NewProduct, ProductPatch } from './schemas.ts'

export const noProduct = (id: number) => new Problem('not-found', `There is no product ${id}.`)

/** @throws Problem `not-found` */
export async function getProduct(db: Reader, id: number): Promise<repository.ProductRow> {
  const [row] = await repository.findProduct(db, { id })
  if (row === undefined) throw noProduct(id)
  return row
}

/** @throws Problem `not-found` */
export async function getProductBySku(db: Reader, sku: string): Promise<repository.ProductRow> {
  const [row] = await repository.findProductBySku(db, { key: identityKey(sku) })
  if (row === undefined) throw new Problem('not-found', `There is no product with the SKU ${sku}.`)
  return row
}

/** @throws Problem `not-found` */
export async function getProductByBarcode(db: Reader, barcode: string): Promise<repository.ProductRow> {
  const [row] = await repository.findProductByBarcode(db, { key: barcodeKey(barcode) })
  if (row === undefined) throw new Problem('not-found', `There is no product with the barcode ${barcode}.`)
  return row
}

/**
 * Makes a product, with an empty level at the default location.
 *
 * @throws Problem `validation-failed`, `conflict` when SKU or barcode is taken
 */
export async function createProduct(effect: Effect, input: NewProduct): Promise<repository.ProductRow> {
  const { trx } = effect
  const { name, category_id, barcode = null, description = '', unit = 'unit', decimals = 0 } = input
  await refuseFaults(trx, { ...input, category_id })
  const created_at = now()
  const fixed = { name, name_key: rules.sortKey(name), barcode, description, category_id, unit, decimals }
  const row = { ...fixed, price: toAmount(input.price), created_at, updated_at: created_at }
  const { sku } = input
  const id =
    sku === undefined
      ? await insertWithMadeSku(effect, row)
      : await insertWithSku(effect, withIdentity({ ...row, sku }))
  await repository.insertEmptyStock(trx, id, created_at)
  const after = await getProduct(trx, id)
  effect.changed({ resource: 'product', id, before: null, after })
  return after
}

type NewRow = Omit<Parameters<typeof repository.insertProduct>[1], 'sku' | 'sku_key' | 'search_text'> & {
  barcode: string | null
  description: string
}

const withIdentity = <R extends NewRow & { sku: string }>(row: R) => ({
  ...row,
  ...rules.identityKeys(row),
  search_text: rules.searchText(row),
})

async function insertWithSku(effect: Effect, row: ReturnType<typeof withIdentity>): Promise<number> {
  await requireFree(effect, row)
  return (await repository.insertProduct(effect.trx, row)).id
}

async function insertWithMadeSku(effect: Effect, row: NewRow): Promise<number> {
  const { trx } = effect
  const { barcode_key } = rules.identityKeys({ sku: '', barcode: row.barcode })
  await requireFree(effect, { sku_key: '', barcode_key })
  const id = await repository.takeProductId(trx)
  for (let attempt = 1; ; attempt += 1) {
    const complete = withIdentity({ ...row, id, sku: rules.madeSku(id, attempt) })
    // Somebody may have chosen that SKU, or choose it now: then the next one is tried.
    if (await repository.insertUnlessTaken(trx, complete)) return id
    await requireFree(effect, { sku_key: '', barcode_key })
  }
}

/**
 * Changes the fields that are given; a patch that changes nothing makes no new version.
 *
 * @throws Problem `not-found`, `precondition-failed`, `validation-failed`, `conflict`, `in-use` when unit or decimals
 * would give another meaning to what is recorded
 */
export async function changeProduct(effect: Effect, id: number, patch: ProductPatch): Promise<repository.ProductRow> {
  const { trx } = effect
  const held = await repository.lockProduct(trx, id)
  if (held === undefined) throw noProduct(id)
  effect.requireVersion(held.version)
  const before = await getProduct(trx, id)
  const { price: amount, ...others } = patch
  const changes = amount === undefined ? others : { ...others, price: toAmount(amount) }
  if (isUnchanged(held, changes)) return before
  await refuseFaults(trx, patch)
  const { name, sku, barcode, description, category_id, unit, decimals, price } = { ...held, ...changes }
  const identity = { sku, barcode }
  const keys = rules.identityKeys(identity)
  await requireFree(effect, keys, id)
  await refuseNewMeaning(trx, held, { unit, decimals })
  await repository.updateProduct(trx, id, held.version, {
    ...identity,
    ...keys,
    ...{ name, description, category_id, unit, decimals, price },
    name_key: rules.sortKey(name),
    search_text: rules.searchText({ ...identity, name, description }),
    updated_at: now(),
  })
  const after = await getProduct(trx, id)
  effect.changed({ resource: 'product', id, before, after })
  return after
}

/** Every field that is wrong although it fits the schema, in one answer. */
async function refuseFaults(
  trx: Writer,
  fields: { sku?: string; barcode?: string | null; category_id?: number },
): Promise<void> {
  const errors: FieldError[] = rules.identityFaults(fields)
  const { category_id } = fields
  if (category_id !== undefined && !(await keepCategory(trx, category_id))) {
    errors.push({ pointer: '#/category_id', detail: `is no category: there is none with the id ${category_id}` })
  }
  const [first] = errors
  if (first !== undefined) throw new Problem('validation-failed', `${first.pointer} ${first.detail}`, { errors })
}

const requireFree = (effect: Effect, keys: rules.IdentityKeys, ownId = 0) =>
  effect.requireUnique(['products_sku_key_unique', 'products_barcode_key_unique'], async (db) =>
    takenProblem(keys, await repository.findTaken(db, keys, ownId)),
  )

function takenProblem({ sku_key }: rules.IdentityKeys, others: repository.TakenBy[]): Problem | undefined {
  const bySku = others.find((other) => other.sku_key === sku_key)
  const [other] = bySku === undefined ? others : [bySku]
  if (other === undefined) return undefined
  const what = bySku === undefined ? 'barcode' : 'SKU'
  const advice = other.is_active ? '' : ' It is archived: restore it, or give one of the two another one.'
  const errors = others.map((each) => ({
    pointer: each.sku_key === sku_key ? '#/sku' : '#/barcode',
    detail: `is taken by product ${each.id}`,
  }))
  const detail = `Product ${other.id} has this ${what}; case, width and white space do not make another one.${advice}`
  return new Problem('conflict', detail, { errors, members: { existing_id: other.id } })
}

/** Numbers that are recorded keep their meaning: their unit stays, and so do the decimals they use. */
async function refuseNewMeaning(
  trx: Writer,
  before: { id: number; unit: string; decimals: number },
  { unit, decimals }: { unit: string; decimals: number },
): Promise<void> {
  const { id } = before
  if (identityKey(unit) !== identityKey(before.unit) && (await repository.countUses(trx, id)).movement_lines) {
    throw refusedField(
      '#/unit',
      `is ${before.unit} in the movements recorded so far; archive this product and make another one`,
    )
  }
  const isCoarser = decimals < before.decimals
  if (isCoarser && (await repository.hasFinerQuantity(trx, id, rules.smallestPart(decimals)))) {
    throw refusedField('#/decimals', `must stay ${before.decimals}: quantities with so many decimals are recorded`)
  }
}

const refusedField = (pointer: string, detail: string) =>
  new Problem('in-use', `${pointer} ${detail}.`, { errors: [{ pointer, detail }] })
