export type Status = 'pass' | 'fail' | 'not run' | 'assumed'

export interface Result {
  /** `A1` to `D9`; what it asks is in the rule of that id. */
  id: string
  /** A platform's name, or `project` for what concerns all of them. */
  profile: string
  file: string
  status: Status
  /** What was found, why it was not run, or what is assumed and after whom. */
  evidence: string
}

/** One result for a question with any number of answers: none is a pass. */
export function resultOf(of: Omit<Result, 'status' | 'evidence'>, problems: string[], good = ''): Result {
  return problems.length === 0
    ? { ...of, status: 'pass', evidence: good }
    : { ...of, status: 'fail', evidence: problems.join('; ') }
}

export function countOf(results: Result[], status: Status): number {
  return results.filter((result) => result.status === status).length
}
