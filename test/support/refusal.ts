import { Problem } from '../../src/errors.ts'

/** The problem that something ends in. */
export function refusal(run: () => unknown): Problem {
  try {
    run()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it was not refused')
}
