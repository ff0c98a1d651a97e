import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'

/** Far more than anything takes on a machine with other work to do, and less than the time a test file has. */
export const PATIENCE_MS = 120_000

/** Looks again and again until it finds what is wanted: for what happens soon, but nobody tells when. */
export async function eventually<Found>(
  t: Test,
  look: () => Found | Promise<Found>,
  wanted: Found,
  message = 'it happens',
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  let found = await look()
  while (!isDeepStrictEqual(found, wanted) && performance.now() < deadline) {
    await sleep(20)
    found = await look()
  }
  t.same(found, wanted, message)
}
