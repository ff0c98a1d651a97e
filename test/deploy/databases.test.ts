import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'tap'
import { startDatabase } from '../../scripts/dev/deploy-check/phases/databases.ts'
import { render } from '../../scripts/dev/deploy-check/profiles/render.ts'

test('a URL names its port where the one that goes without saying is taken, and that is told', async (t) => {
  const other = createServer().listen(5432)
  // Somebody else who has it will do as well.
  await once(other, 'listening').catch(() => {})
  t.teardown(() => other.close())
  const { server, url, described } = await startDatabase(render, 10)
  t.teardown(server.stop)
  t.match(new URL(url()).port, /^\d+$/)
  t.not(new URL(url()).port, '5432')
  t.match(described, /with a port, for 5432 is taken here/)
})
