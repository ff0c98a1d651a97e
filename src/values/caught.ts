/** What was caught may be anything; this reads it without believing what it is. */

/** A member that is text, such as the `constraint` of a refused write. */
export function textOf(caught: unknown, member: string): string | undefined {
  if (typeof caught !== 'object' || caught === null) return undefined
  const value: unknown = Reflect.get(caught, member)
  return typeof value === 'string' ? value : undefined
}

/** The code of an error of Node, SQLite or PostgreSQL. */
export const codeOf = (caught: unknown): string | undefined => textOf(caught, 'code')

/** What happened, in words. */
export const reasonOf = (caught: unknown): string => (caught instanceof Error ? caught.message : String(caught))
