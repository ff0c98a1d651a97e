import { test } from 'tap'
import { openPage, withoutBrowser } from '../support/browser.ts'
import { execute, logIn, openDocs, startExampleShop } from '../support/swagger-ui.ts'

const options = { skip: withoutBrowser, timeout: 300_000 }

test('in the page a person logs in and can try every operation that reads, as it is filled in', options, async (t) => {
  const shop = await startExampleShop(t)
  const reading = shop.operations.filter(({ method }) => method === 'get')
  t.ok(reading.length > 20)
  const { page, errors } = await openPage(t)
  await openDocs(page, `${shop.url}/docs`)
  t.equal(page.url(), `${shop.url}/docs/`)
  t.equal((await execute(page, shop.operation('getMe'))).status, 401)
  t.equal(await logIn(page, shop), 200)
  for (const operation of reading) {
    const { status, body } = await execute(page, operation)
    t.equal(status, 200, `${operation.path}: ${body.slice(0, 300)}`)
  }
  t.same(errors, [])
})
