import { invalidField } from '../errors.ts'

/** Quantities: a JSON number on the wire, integer thousandths everywhere inside, never a float in between. */

export const MAX_UNITS = 1_000_000_000
export const MAX_THOUSANDTHS = MAX_UNITS * 1000

/**
 * Reads a quantity from its shortest decimal text.
 *
 * @param quantity as it came in JSON
 * @param decimals how many decimals of the product's unit are countable, 0–3
 * @returns thousandths, or undefined when it has more decimals than that or is out of range
 */
export function toThousandths(quantity: number, decimals: number): number | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(quantity))
  if (!match) return undefined
  const [, sign, whole, fraction = ''] = match
  if (fraction.length > decimals) return undefined
  const thousandths = Number(whole) * 1000 + Number(fraction.padEnd(3, '0'))
  if (thousandths > MAX_THOUSANDTHS) return undefined
  return sign === '-' ? -thousandths : thousandths
}

/**
 * Reads a quantity of a product; never rounds.
 *
 * @param pointer where it stands in the body
 * @returns thousandths
 * @throws Problem `validation-failed`
 */
export function exactly(quantity: number, product: { sku: string; decimals: number }, pointer: string): number {
  const thousandths = toThousandths(quantity, product.decimals)
  if (thousandths !== undefined) return thousandths
  // Stryker disable next-line EqualityOperator: the largest quantity itself is whole, so it was read above
  if (Math.abs(quantity) > MAX_UNITS) throw invalidField(pointer, `must not be beyond ${MAX_UNITS}`)
  const places = product.decimals === 0 ? 'whole units' : `at most ${product.decimals} decimals`
  throw invalidField(pointer, `must have ${places}: so ${product.sku} is counted`)
}

/** The JSON number of so many thousandths; dividing by 1000 prints exactly up to three decimals. */
export const fromThousandths = (thousandths: number): number => thousandths / 1000
