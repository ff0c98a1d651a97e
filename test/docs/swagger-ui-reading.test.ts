import { test } from 'tap'
import { openPage, withoutBrowser } from '../support/browser.ts'
import { startExampleShop, tryReading } from '../support/example-shop.ts'
import { execute, logIn, openDocs } from '../support/swagger-ui.ts'

const options = { skip: withoutBrowser, timeout: 300_000 }

test('in the page a person logs in and can try every operation that reads, as it is filled in', options, async (t) => {
  const shop = await startExampleShop(t)
  const { page, errors } = await openPage(t)
  await openDocs(page, `${shop.url}/docs`)
  t.equal(page.url(), `${shop.url}/docs/`)
  t.equal((await execute(page, shop.operation('getMe'))).status, 401)
  t.equal(await logIn(page, shop), 200)
  await tryReading(t, shop, { execute: (operation) => execute(page, operation), logIn: () => logIn(page, shop) })
  t.same(errors, [])
})
