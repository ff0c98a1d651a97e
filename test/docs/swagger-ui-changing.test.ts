import { test } from 'tap'
import { openPage, withoutBrowser } from '../support/browser.ts'
import { startExampleShop, tryChanging } from '../support/example-shop.ts'
import { execute, logIn, openDocs } from '../support/swagger-ui.ts'

const options = { skip: withoutBrowser, timeout: 300_000 }

test('in the page a person can try every operation that changes something, as it is filled in', options, async (t) => {
  const shop = await startExampleShop(t)
  const { page, errors } = await openPage(t)
  await openDocs(page, `${shop.url}/docs`)
  t.equal(await logIn(page, shop), 200)
  await tryChanging(t, shop, { execute: (operation) => execute(page, operation), logIn: () => logIn(page, shop) })
  t.same(errors, [])
})
