import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { buildTestApp } from '../support/app.ts'
import { eventually } from '../support/eventually.ts'

/** Keeps the event loop from everything else; what is measured is the time between two of its turns. */
function occupy(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end) Math.random()
}

test('a service that cannot keep up says so for a while, and its health is still told', async (t) => {
  const { app, call } = await buildTestApp(t, 'sqlite', { NODE_ENV: 'development' })
  const status = async () => (await call('GET', '/categories')).statusCode
  // Where much else goes on, building it was already more than it could keep up with.
  await eventually(t, status, 200)
  let refused = await call('GET', '/categories')
  while (refused.statusCode === 200) {
    occupy(2600)
    await sleep(1)
    refused = await call('GET', '/categories')
  }
  t.match(refused.json(), { status: 503, code: 'overloaded', instance: refused.headers['x-request-id'] })
  t.ok(Number(refused.headers['retry-after']) > 0)
  t.equal((await app.inject('/health')).statusCode, 200)
  t.equal((await app.inject('/ready')).statusCode, 200)
  await eventually(t, status, 200, 'and works again')
})
