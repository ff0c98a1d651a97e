import type { FieldError } from '../../errors.ts'
import { barcodeFault, barcodeKey } from '../../values/barcode.ts'
import { identityKey, searchKey } from '../../values/text.ts'

/** Pure rules of products: how they are identified, sorted and found. */

export interface Identity {
  sku: string
  barcode: string | null
}

/** The two forms in which a product is unique. */
export interface IdentityKeys {
  sku_key: string
  barcode_key: string | null
}

/** Signs that nobody sees: with one of them, a second SKU would look like the first. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** In an address they mean another address, also when they are escaped: nothing of that name could be looked up. */
const UNADDRESSABLE = new Set(['.', '..'])

/** What is wrong with a SKU or barcode that fits its schema. */
export function identityFaults({ sku, barcode }: { sku?: string; barcode?: string | null }): FieldError[] {
  const faults: FieldError[] = []
  if (sku !== undefined && INVISIBLE.test(sku)) {
    faults.push({ pointer: '#/sku', detail: 'holds a character that cannot be seen; type it anew' })
  }
  for (const [name, text] of Object.entries({ sku, barcode })) {
    if (typeof text !== 'string' || !UNADDRESSABLE.has(identityKey(text))) continue
    faults.push({ pointer: `#/${name}`, detail: 'cannot be "." or "..", which no address can hold' })
  }
  const fault = typeof barcode === 'string' ? barcodeFault(barcode) : undefined
  if (fault !== undefined) faults.push({ pointer: '#/barcode', detail: fault })
  return faults
}

export const identityKeys = ({ sku, barcode }: Identity): IdentityKeys => ({
  sku_key: identityKey(sku),
  barcode_key: barcode === null ? null : barcodeKey(barcode),
})

/**
 * The SKU of a product that is given none: `P-000123` for product 123, `P-000123-2` when somebody took that one.
 *
 * @param attempt 1 for the first
 */
export const madeSku = (id: number, attempt: number): string =>
  `P-${String(id).padStart(6, '0')}${attempt === 1 ? '' : `-${attempt}`}`

/** An entry of a PostgreSQL index may not be longer than 2704 bytes, and some characters fold into many. */
const MAX_SORT_KEY = 200

/** The form in which names are sorted: case and accents do not count. */
export const sortKey = (name: string): string => searchKey(name).slice(0, MAX_SORT_KEY)

/** What a search looks into, one line for each part, so that no word is found across two of them. */
export const searchText = (product: Identity & { name: string; description: string }): string =>
  [product.name, product.sku, product.barcode ?? '', product.description].map(searchKey).join('\n')

/** How many thousandths the smallest countable part of a unit is. */
export const smallestPart = (decimals: number): number => 10 ** (3 - decimals)
