import { identityKey } from './text.ts'

/**
 * Barcodes. Digits of the lengths of a GTIN (EAN-8, UPC-A, EAN-13, GTIN-14) are one and carry a check digit; everything
 * else is text as Code 128 can print it.
 *
 * @see https://www.gs1.org/standards/barcodes-epcrfid-id-keys/gs1-general-specifications sections 3.3 and 7.9
 */

export const MAX_BARCODE = 48
const GTIN_DIGITS = 14

/** Whether a barcode is taken as a GTIN: nothing but 8, 12, 13 or 14 digits. */
export const isGtin = (barcode: string): boolean => /^(?:[0-9]{8}|[0-9]{12,14})$/.test(barcode)

/**
 * The check digit of a GS1 number: the digits weigh 3, 1, 3 … from the right, and it fills up to a multiple of ten.
 *
 * @param digits the number without its check digit
 */
export function checkDigit(digits: string): number {
  const weighted = [...digits].reverse().map((digit, place) => Number(digit) * (place % 2 === 0 ? 3 : 1))
  const sum = weighted.reduce((total, part) => total + part, 0)
  return (10 - (sum % 10)) % 10
}

/** What is wrong with a barcode, in words that tell the way out; undefined when nothing is. */
export function barcodeFault(barcode: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(barcode)) return 'may hold only the letters, digits and signs of ASCII, as Code 128 prints'
  if (barcode.length > MAX_BARCODE) return `must not be longer than ${MAX_BARCODE} characters`
  if (!isGtin(barcode)) return undefined
  const right = checkDigit(barcode.slice(0, -1))
  if (Number(barcode.at(-1)) === right) return undefined
  return `has a wrong check digit: ${barcode.slice(0, -1)} is followed by ${right}, not ${barcode.at(-1)}`
}

/**
 * The form in which barcodes are compared. A GTIN is filled up to 14 digits, for a scanner may read a UPC-A as an EAN-13
 * with a leading zero; of other barcodes, case and runs of spaces do not count.
 */
export const barcodeKey = (barcode: string): string =>
  isGtin(barcode) ? barcode.padStart(GTIN_DIGITS, '0') : identityKey(barcode)
