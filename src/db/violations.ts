import type { Problem } from '../errors.ts'
import { isReferenceViolation, violatedConstraint } from './dialect.ts'
import type { Reader } from './types.ts'

/** The problem behind a refusal of the database, looked up anew; undefined when it is none that callers can do about. */
export type Explain = (db: Reader) => Promise<Problem | undefined>

/**
 * Runs a write that checks before it writes. When another request was faster than the check and a constraint of the
 * database refuses the write, the problem is made outside the transaction, which PostgreSQL has ended by then.
 *
 * @param explain the problem for a constraint, `reference` for one that ties rows together, or undefined to let the error
 * be
 * @throws Problem from `explain`; whatever else `write` throws
 */
export async function explainViolations<T>(
  write: () => Promise<T>,
  explain: (constraint: string) => Promise<Problem | undefined>,
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const constraint = violatedConstraint(error) ?? (isReferenceViolation(error) ? 'reference' : undefined)
    throw (constraint === undefined ? undefined : await explain(constraint)) ?? error
  }
}
