import type { Locator, Page } from 'playwright-core'
import type { Answered, ExampleShop, Operation } from './example-shop.ts'

/** Opens the page and waits until it has drawn the operations. */
export async function openDocs(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.locator('#operations-Auth-logIn').waitFor()
}

export const blockOf = ({ tag, id }: Operation) => `#operations-${tag}-${id}`

// Playwright else waits for frames before each click, which take long where no graphics card draws them.
const press = (button: Locator) => button.click({ force: true })

/** What a press of Execute leads to; to be called before it. */
export const nextAnswer = (page: Page) =>
  page.waitForResponse((response) => response.request().resourceType() === 'fetch')

/** Opens an operation in the page, executes it as it is filled in, and answers what came back. */
export async function execute(page: Page, operation: Operation): Promise<Answered & { url: string }> {
  const block = page.locator(blockOf(operation))
  await press(block.locator('.opblock-summary-control'))
  const button = block.locator('button.execute:enabled')
  await button.waitFor()
  const [response] = await Promise.all([nextAnswer(page), press(button)])
  // Enabled once more when the page has dealt with the answer, and not only with one from before.
  await button.waitFor()
  await block.locator('.live-responses-table .response-col_status').first().waitFor()
  const body = response.status() === 304 ? '' : await response.text()
  await press(block.locator('.opblock-summary-control'))
  return { status: response.status(), body, url: response.url() }
}

/** Logs in as the example does and answers the status; from then on the page sends its token with every request. */
export async function logIn(page: Page, { operation }: ExampleShop): Promise<number> {
  const { status } = await execute(page, operation('logIn'))
  await page.locator('.auth-wrapper .authorize.locked').waitFor()
  return status
}
