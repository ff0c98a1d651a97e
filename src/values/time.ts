/** Instants: RFC 3339 in UTC with milliseconds, on the wire and in the database. */

export const now = (): string => new Date().toISOString()

/** @param seconds may be negative */
export const secondsFrom = (instant: string, seconds: number): string =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString()

/** Any RFC 3339 instant in the one form that is kept. */
export const toInstant = (text: string): string => new Date(text).toISOString()
