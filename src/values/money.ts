/** Money: a decimal string on the wire, integer ten-thousandths of the installation's currency inside. */

const SCALE = 4
/** The largest price or unit cost, 99 999 999.9999. */
export const MAX_AMOUNT = 999_999_999_999
/** The largest sum that is still exact as a JavaScript integer, 900 719 925 474.0991. */
export const MAX_VALUE = Number.MAX_SAFE_INTEGER

/**
 * Reads an amount that fits the schema's pattern.
 *
 * @param text such as `19.99`
 * @returns ten-thousandths
 */
export function toAmount(text: string): number {
  const negative = text.startsWith('-')
  const [whole, fraction = ''] = text.replace('-', '').split('.')
  const amount = Number(whole) * 10 ** SCALE + Number(fraction.padEnd(SCALE, '0'))
  return negative && amount !== 0 ? -amount : amount
}

/** Writes ten-thousandths with two decimals, or with three or four where they count: `5.00`, `0.125`. */
export function fromAmount(amount: number): string {
  const digits = String(Math.abs(amount)).padStart(SCALE + 1, '0')
  const fraction = digits.slice(-SCALE).replace(/0{1,2}$/, '')
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -SCALE)}.${fraction}`
}

/**
 * The value of a quantity at a unit cost, rounded half away from zero to a ten-thousandth.
 *
 * @param thousandths quantity, not negative
 * @param unitCost ten-thousandths for one unit, not negative
 * @returns ten-thousandths, or undefined when it is larger than can be kept exactly
 */
export function valueAt(thousandths: number, unitCost: number): number | undefined {
  const value = Number((BigInt(thousandths) * BigInt(unitCost) + 500n) / 1000n)
  return value <= MAX_VALUE ? value : undefined
}

/**
 * The part of a value that goes with a part of the quantity, rounded half up; all of it goes with all of the quantity,
 * so that nothing is left at zero.
 *
 * @param value ten-thousandths of the whole
 * @param part thousandths, not more than `whole`
 * @param whole thousandths; 0 has no value to share
 */
export function shareOf(value: number, part: number, whole: number): number {
  if (whole === 0) return 0
  const numerator = BigInt(value) * BigInt(part) * 2n + BigInt(whole)
  return Number(numerator / (BigInt(whole) * 2n))
}
