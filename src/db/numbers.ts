/**
 * Refuses a number that cannot be kept exactly: beyond 2^53 it is rounded already, NaN would become null on SQLite.
 *
 * @throws RangeError
 */
export function requireExact(value: unknown): void {
  if (typeof value !== 'number') return
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER || Number.isNaN(value)) {
    throw new RangeError(`${value} cannot be stored exactly`)
  }
}

/**
 * Refuses a number from the database that may have been rounded on its way.
 *
 * @throws RangeError outside ±(2^53 − 1)
 */
export function requireSafe(value: unknown): void {
  if (typeof value === 'number' && (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER)) {
    throw new RangeError('an integer from the database is outside the safe range')
  }
}
