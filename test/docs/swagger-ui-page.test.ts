import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import { openPage, withoutBrowser } from '../support/browser.ts'
import { type Operation, startExampleShop } from '../support/example-shop.ts'
import { blockOf, execute, nextAnswer, openDocs } from '../support/swagger-ui.ts'

const skip = withoutBrowser

/** Opens an operation and presses Execute as soon as the page lets anybody, before anything else can happen in it. */
const pressAtOnce = (operation: Operation) => `{
  const block = document.querySelector('${blockOf(operation)}')
  const observer = new MutationObserver(() => {
    const button = block.querySelector('button.execute:enabled')
    if (button === null) return
    observer.disconnect()
    button.click()
  })
  observer.observe(block, { attributes: true, childList: true, subtree: true })
  block.querySelector('.opblock-summary-control').click()
}`

test('whoever presses Execute as soon as they can sends what is filled in', { skip }, async (t) => {
  const { url, operation } = await startExampleShop(t)
  const { page, errors } = await openPage(t)
  await openDocs(page, `${url}/docs`)
  for (const id of ['logIn', 'listCategories', 'getCategory']) {
    const [response] = await Promise.all([nextAnswer(page), page.evaluate(pressAtOnce(operation(id)))])
    t.equal(response.status(), 200, response.url())
    await page.locator('.auth-wrapper .authorize.locked').waitFor()
  }
  t.same(errors, [])
})

/** A proxy that serves the shop under /inventory and takes that away again, as nginx with `proxy_pass …/` does. */
async function proxyTo(t: Test, target: string): Promise<string> {
  const proxy = createServer((incoming, outgoing) => {
    const path = incoming.url?.replace(/^\/inventory(?=\/|$)/, '')
    if (path === incoming.url) return outgoing.writeHead(404).end()
    const { method, headers } = incoming
    const forward = ask(`${target}${path || '/'}`, { method, headers: { ...headers, host: new URL(target).host } })
    forward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(forward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/inventory`
}

test('behind a path prefix the page finds its files and calls the right addresses', { skip }, async (t) => {
  const { url, operation } = await startExampleShop(t)
  const outside = await proxyTo(t, url)
  for (const address of [`${outside}/docs`, `${outside}/docs/`, `${outside}/swagger-ui`]) {
    const { page, errors } = await openPage(t)
    await openDocs(page, address)
    t.equal(page.url(), `${outside}/docs/`)
    const login = await execute(page, operation('logIn'))
    t.equal(login.url, `${outside}/api/v1/auth/login`)
    t.equal(login.status, 200)
    const list = await execute(page, operation('listProducts'))
    t.equal(list.status, 200)
    t.same(errors, [])
  }
  t.equal((await fetch(`${outside}/api-spec.json`)).url, `${outside}/openapi.json`)
})
