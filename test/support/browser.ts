import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = BROWSERS.find((path) => existsSync(path))

/** Why there is no browser to test with, or false. */
export const withoutBrowser = executablePath === undefined && 'no Chromium is installed'

/** A page in a browser of its own, closed when the test ends; what goes wrong in it is collected in `errors`. */
export async function openPage(t: Test): Promise<{ page: Page; errors: string[] }> {
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-gpu']
  const browser = await chromium.launch({ executablePath, args })
  t.teardown(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  page.setDefaultTimeout(25_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // A refused request is an answer like any other here.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) errors.push(message.text())
  })
  page.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`))
  return { page, errors }
}
