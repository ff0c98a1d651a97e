import { test } from 'tap'
import { startExampleShop, tryChanging, tryReading, visitorOf } from '../support/example-shop.ts'

/** What a person tries in the page, without a browser: so a new operation is looked at wherever the tests run. */
test('every operation works as the document fills it in', async (t) => {
  const shop = await startExampleShop(t)
  const visitor = visitorOf(shop)
  await visitor.logIn()
  await tryReading(t, shop, visitor)
  await tryChanging(t, shop, visitor)
})
