import type { Test } from 'tap'
import { startPooler as start } from '../../scripts/dev/pooler.ts'

/** A pooler before the database of `url` for as long as the test runs; returns the URL through it. */
export async function startPooler(t: Test, url: string): Promise<string> {
  const pooler = await start(url)
  t.teardown(pooler.stop)
  return pooler.url
}
