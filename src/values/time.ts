import { invalidParameter } from '../errors.ts'

/** Instants: RFC 3339 in UTC with milliseconds, on the wire and in the database. */

export const now = (): string => new Date().toISOString()

/** @param seconds may be negative */
export const secondsFrom = (instant: string, seconds: number): string =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString()

/**
 * Any RFC 3339 instant in the one form that is kept.
 *
 * @returns undefined for what fits the format and is in no calendar or no database: the leap second, the year 0, and what
 * an offset moves beyond the year 9999
 */
export function toInstant(text: string): string | undefined {
  const time = Date.parse(text)
  if (Number.isNaN(time)) return undefined
  const instant = new Date(time).toISOString()
  return /^(?!0000)\d{4}-/.test(instant) ? instant : undefined
}

/**
 * Reads an instant of a query.
 *
 * @throws Problem `invalid-parameter`
 */
export function instantParameter(name: string, text: string): string
export function instantParameter(name: string, text: string | undefined): string | undefined
export function instantParameter(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const instant = toInstant(text)
  if (instant === undefined) throw invalidParameter(`query:/${name}`, 'is no instant of the years 1 to 9999')
  return instant
}
