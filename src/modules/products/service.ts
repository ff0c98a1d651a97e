import type { Reader, Writer } from '../../db/types.ts'
import { type FieldError, Problem } from '../../errors.ts'
import { etagOf } from '../../http/etag.ts'
import { barcodeKey } from '../../values/barcode.ts'
import { fromAmount, toAmount } from '../../values/money.ts'
import { fromThousandths } from '../../values/quantity.ts'
import { identityKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import { keepCategory } from '../categories/service.ts'
import * as repository from './repository.ts'
import * as rules from './rules.ts'
import type { NewProduct, Product, ProductPatch } from './schemas.ts'

/** Refuses when the version at hand is not the one the caller knows. */
export type RequireVersion = (version: number) => void

export const noProduct = (id: number) => new Problem('not-found', `There is no product ${id}.`)

/** @param currency of the installation: prices have no other */
export const toProduct = (row: repository.ProductRow, currency: string): Product => ({
  id: row.id,
  sku: row.sku,
  barcode: row.barcode,
  name: row.name,
  description: row.description,
  price: fromAmount(row.price),
  currency,
  category_id: row.category_id,
  category_name: row.category_name,
  unit: row.unit,
  decimals: row.decimals,
  quantity: fromThousandths(row.quantity ?? 0),
  is_active: row.is_active,
  version: row.version,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

/** Besides the version, the quantity and the category's name are shown, which change without it. */
export const productEtag = (row: repository.ProductRow): string =>
  etagOf(row.version, row.quantity ?? 0, row.category_version)

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
export async function createProduct(trx: Writer, input: NewProduct): Promise<repository.ProductRow> {
  const { name, category_id, barcode = null, description = '', unit = 'unit', decimals = 0 } = input
  await refuseFaults(trx, { ...input, category_id })
  const created_at = now()
  const fixed = { name, name_key: rules.sortKey(name), barcode, description, category_id, unit, decimals }
  const row = { ...fixed, price: toAmount(input.price), created_at, updated_at: created_at }
  const id =
    input.sku === undefined ? await insertWithMadeSku(trx, row) : await insertWithSku(trx, { ...row, sku: input.sku })
  await repository.insertEmptyStock(trx, id, created_at)
  return await getProduct(trx, id)
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

async function insertWithSku(trx: Writer, row: NewRow & { sku: string }): Promise<number> {
  const complete = withIdentity(row)
  // Looked up before, so that a refusal takes no id on either engine; the insert still loses to a faster request.
  await refuseTaken(trx, complete)
  const made = await repository.insertProduct(trx, complete)
  if (made === undefined) throw await taken(trx, complete)
  return made.id
}

async function insertWithMadeSku(trx: Writer, row: NewRow): Promise<number> {
  const { barcode_key } = rules.identityKeys({ sku: '', barcode: row.barcode })
  await refuseTaken(trx, { sku_key: '', barcode_key })
  const id = await repository.takeProductId(trx)
  for (let attempt = 1; ; attempt += 1) {
    const complete = withIdentity({ ...row, id, sku: rules.madeSku(id, attempt) })
    if (await repository.insertProduct(trx, complete)) return id
    // It was the SKU that somebody took, or in a race the barcode, of which there is no other.
    await refuseTaken(trx, { sku_key: '', barcode_key })
  }
}

/**
 * Changes the fields that are given.
 *
 * @throws Problem `not-found`, `precondition-failed`, `validation-failed`, `conflict`, `in-use` when unit or decimals
 * would give another meaning to what is recorded
 */
export async function changeProduct(
  trx: Writer,
  id: number,
  patch: ProductPatch,
  requireVersion: RequireVersion,
): Promise<repository.ProductRow> {
  const before = await repository.lockProduct(trx, id)
  if (before === undefined) throw noProduct(id)
  requireVersion(before.version)
  await refuseFaults(trx, patch)
  const { price, ...texts } = patch
  const { name, sku, barcode, description, category_id, unit, decimals } = { ...before, ...texts }
  const identity = { sku, barcode }
  const keys = rules.identityKeys(identity)
  await refuseTaken(trx, keys, id)
  await refuseNewMeaning(trx, before, { unit, decimals })
  await repository.updateProduct(trx, id, before.version, {
    ...identity,
    ...keys,
    ...{ name, description, category_id, unit, decimals },
    name_key: rules.sortKey(name),
    search_text: rules.searchText({ ...identity, name, description }),
    price: price === undefined ? before.price : toAmount(price),
    updated_at: now(),
  })
  return await getProduct(trx, id)
}

/** The problem of a write that was refused by a constraint of the database because another one was faster. */
export async function explainRace(
  db: Reader,
  constraint: string,
  id: number,
  { sku, barcode }: ProductPatch,
): Promise<Problem | undefined> {
  if (constraint !== 'products_sku_key_unique' && constraint !== 'products_barcode_key_unique') return undefined
  return await taken(db, rules.identityKeys({ sku: sku ?? '', barcode: barcode ?? null }), id)
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

async function refuseTaken(trx: Writer, keys: rules.IdentityKeys, exceptId = 0): Promise<void> {
  const others = await repository.findTaken(trx, keys, exceptId)
  if (others.length > 0) throw takenProblem(keys, others)
}

const taken = async (db: Reader, keys: rules.IdentityKeys, exceptId = 0): Promise<Problem> =>
  takenProblem(keys, await repository.findTaken(db, keys, exceptId))

function takenProblem({ sku_key }: rules.IdentityKeys, others: repository.TakenBy[]): Problem {
  const bySku = others.find((other) => other.sku_key === sku_key)
  const [other] = bySku === undefined ? others : [bySku]
  // The other product can be gone again by now.
  if (other === undefined) return new Problem('conflict', 'SKU or barcode was taken a moment ago; try again.')
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
