/** A decimal number exactly as it was written. */
export interface Decimal {
  /** Without the point. */
  unscaled: bigint
  /** Digits after the point. */
  scale: number
}

/** Reads a decimal number, also `1e-07` as databases write doubles; undefined for any other text, NaN and infinities too. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^\s*([+-]?)(?=\.?\d)(\d{0,400})(?:\.(\d{0,400}))?(?:e([+-]?\d{1,3}))?\s*$/i.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction) * (scale < 0 ? 10n ** BigInt(-scale) : 1n)
  return { unscaled: sign === '-' ? -digits : digits, scale: Math.max(scale, 0) }
}

/** The number at `scale` digits after the point, rounded half away from zero, and what the rounding left. */
export function atScale({ unscaled, scale }: Decimal, wanted: number): { units: bigint; rest: Decimal } {
  if (scale <= wanted) return { units: unscaled * 10n ** BigInt(wanted - scale), rest: { unscaled: 0n, scale: 0 } }
  const divisor = 10n ** BigInt(scale - wanted)
  const half = unscaled < 0n ? -divisor / 2n : divisor / 2n
  const units = (unscaled + half) / divisor
  return { units, rest: { unscaled: unscaled - units * divisor, scale } }
}

/** As people write it, without an exponent: `0.000033`. */
export function plain({ unscaled, scale }: Decimal): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return unscaled < 0n ? `-${text}` : text
}
