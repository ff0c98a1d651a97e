import { createRequire } from 'node:module'

interface Request {
  method?: string
  path: string
  body?: string
}

/** What one server is asked in one measurement: a new request each time. */
export interface Load {
  origin: string
  headers: Record<string, string>
  next(): Request
}

interface Result {
  requests: { average: number }
  non2xx: number
  errors: number
}
type Autocannon = (options: object) => Promise<Result>
const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon

/**
 * Requests per second of one server under load.
 *
 * @throws Error when an answer was not a success: then nothing was measured
 */
export async function measure({ origin, headers, next }: Load, seconds: number, connections = 16): Promise<number> {
  const setupRequest = (request: object) => ({ ...request, ...next() })
  const result = await autocannon({
    url: origin,
    connections,
    duration: seconds,
    headers,
    requests: [{ setupRequest, ...next() }],
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${origin}: ${result.non2xx} answers were no success, ${result.errors} errors`)
  return result.requests.average
}

export const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
