import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = BROWSERS.find((path) => existsSync(path))

/** Why there is no browser to test with, or false. */
export const withoutBrowser = executablePath === undefined && 'no Chromium is installed'

/**
 * A page in a browser of its own, closed when the test ends. What goes wrong in it is collected in `errors` and told at
 * once, because it may be why a wait later ends in vain.
 */
export async function openPage(t: Test): Promise<{ page: Page; errors: string[] }> {
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-gpu']
  const browser = await chromium.launch({ executablePath, args })
  t.teardown(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  page.setDefaultTimeout(25_000)
  const errors: string[] = []
  const note = (error: string) => {
    errors.push(error)
    t.comment(error)
  }
  page.on('pageerror', (error) => note(String(error)))
  page.on('console', (message) => {
    // A refused request is an answer like any other here.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) note(message.text())
  })
  page.on('requestfailed', (request) => note(`${request.url()}: ${request.failure()?.errorText}`))
  return { page, errors }
}
