import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Locator, Page, Response } from 'playwright-core'
import { type Test, test } from 'tap'
import { openPage, withoutBrowser } from '../support/browser.ts'
import { type Server, startServer } from '../support/process.ts'

const skip = withoutBrowser
// The password in the example of a login, so that the page works as it stands.
const PASSWORD = 'caballo-grapa-correcta'

interface Operation {
  id: string
  tag: string
  method: string
  path: string
}

interface Document {
  paths: Record<string, Record<string, { operationId: string; tags: string[] }>>
}

/** A running shop whose first rows have the ids and names of the examples. */
async function shop(t: Test): Promise<Server & { operations: Operation[] }> {
  const server = await startServer(t, { env: { ADMIN_PASSWORD: PASSWORD, RATE_LIMIT_MAX: '0' } })
  await server.healthy()
  const { access_token } = await post(server.url, 'auth/login', { username: 'admin', password: PASSWORD })
  const seed = (path: string, body: object) => post(server.url, path, body, access_token)
  await seed('categories', { name: 'Varios' })
  const bolt = {
    name: 'Tornillo',
    price: '1.20',
    category_id: 1,
    sku: 'TOR-M8-40',
    barcode: '7501031311309',
    decimals: 3,
  }
  await seed('products', bolt)
  await seed('products', { ...bolt, name: 'Tuerca', sku: 'TUE-M8', barcode: undefined })
  const lines = [1, 2].map((product_id) => ({ product_id, quantity: 1000, unit_cost: '0.50' }))
  await seed('movements', { type: 'receipt', lines })
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, tags }]) => ({
      id: operationId,
      tag: String(tags[0]),
      method,
      path,
    })),
  )
  return { ...server, operations }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes.
async function post(url: string, path: string, body: object, token?: string): Promise<any> {
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  return await response.json()
}

// Playwright else waits for frames before each click, which take long where no graphics card draws them.
const press = (button: Locator) => button.click({ force: true })

/** Presses the button until the page has sent a request: one that is still drawn may not listen yet. */
async function send(page: Page, execute: Locator): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const sent = page.waitForRequest((request) => request.resourceType() === 'fetch', { timeout: 5000 })
    // Heard of when it is waited for below.
    sent.catch(() => {})
    await press(execute)
    const request = await sent.catch((error) => {
      if (tries === 3) throw error
    })
    const response = await request?.response()
    if (response) return response
  }
}

/** Opens an operation in the page, executes it as it is filled in, and answers what came back. */
async function execute(page: Page, { tag, id }: Operation): Promise<{ status: number; body: string; url: string }> {
  const block = page.locator(`#operations-${tag}-${id}`)
  await press(block.locator('.opblock-summary-control'))
  const response = await send(page, block.locator('button.execute'))
  await block.locator('.live-responses-table .response-col_status').first().waitFor()
  const body = response.status() === 304 ? '' : await response.text()
  await press(block.locator('.opblock-summary-control'))
  return { status: response.status(), body, url: response.url() }
}

/**
 * Now and then the page hears a press of a button no more, for nothing that it shows; a person would load it anew. So is
 * a try that waited in vain begun again, with another shop and another browser; what was answered wrongly fails at once.
 */
async function withPatience(run: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run()
    } catch (error) {
      if (tries === 3 || (error as Error).name !== 'TimeoutError') throw error
    }
  }
}

/** Reading first, then making and changing, then what takes away, and at last what ends the session. */
function inOrder(operations: Operation[]): Operation[] {
  const last = ['refreshTokens', 'logOut', 'changeMyPassword']
  const rank = ({ id, method }: Operation) => {
    if (last.includes(id)) return 10 + last.indexOf(id)
    return /^(archive|deactivate)/.test(id) ? 3 : ({ get: 0, post: 1, patch: 2, put: 2, delete: 4 }[method] ?? 5)
  }
  return operations.filter(({ id }) => id !== 'logIn').sort((a, b) => rank(a) - rank(b))
}

test(
  'in the page a person logs in and can try every operation as it is filled in',
  {
    skip,
    timeout: 300_000,
  },
  (t) => withPatience(() => tryEverything(t)),
)

async function tryEverything(t: Test): Promise<void> {
  const { url, operations } = await shop(t)
  const { page, errors } = await openPage(t)
  await page.goto(`${url}/docs`)
  t.equal(page.url(), `${url}/docs/`)
  await page.locator('#operations-Auth-logIn').waitFor()
  const logIn = operations.find(({ id }) => id === 'logIn') as Operation
  const me = operations.find(({ id }) => id === 'getMe') as Operation
  t.equal((await execute(page, me)).status, 401)
  const login = await execute(page, logIn)
  t.equal(login.status, 200, login.body)
  await page.locator('.auth-wrapper .authorize.locked').waitFor()
  t.ok(operations.length > 40)
  for (const operation of inOrder(operations)) {
    if (operation.id === 'changeMyPassword') await execute(page, logIn)
    const { status, body } = await execute(page, operation)
    const name = `${operation.method} ${operation.path}: ${status} ${body.slice(0, 300)}`
    if (operation.id === 'refreshTokens')
      t.match(body, /invalid_refresh_token/, 'an example of a token cannot be valid')
    else if (status >= 300)
      t.ok([403, 409].includes(status) && /own_account|in_use|conflict|archived|already|default|last/.test(body), name)
    else t.ok(status >= 200, name)
    t.not(operation.method === 'get' && status !== 200, true, name)
  }
  t.same(errors, [])
}

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

test('behind a path prefix the page finds its files and calls the right addresses', { skip }, (t) =>
  withPatience(() => tryBehindPrefix(t)),
)

async function tryBehindPrefix(t: Test): Promise<void> {
  const { url, operations } = await shop(t)
  const outside = await proxyTo(t, url)
  for (const address of [`${outside}/docs`, `${outside}/docs/`, `${outside}/swagger-ui`]) {
    const { page, errors } = await openPage(t)
    await page.goto(address)
    t.equal(page.url(), `${outside}/docs/`)
    await page.locator('#operations-Auth-logIn').waitFor()
    const login = await execute(page, operations.find(({ id }) => id === 'logIn') as Operation)
    t.equal(login.url, `${outside}/api/v1/auth/login`)
    t.equal(login.status, 200)
    const list = await execute(page, operations.find(({ id }) => id === 'listProducts') as Operation)
    t.equal(list.status, 200)
    t.same(errors, [])
  }
  t.equal((await fetch(`${outside}/api-spec.json`)).url, `${outside}/openapi.json`)
}
