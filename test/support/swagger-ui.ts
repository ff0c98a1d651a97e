import type { Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import { type Server, startServer } from './process.ts'

// The password in the example of a login, so that the page works as it stands.
const PASSWORD = 'caballo-grapa-correcta'

export interface Operation {
  id: string
  tag: string
  method: string
  path: string
}

interface Document {
  paths: Record<string, Record<string, { operationId: string; tags: string[] }>>
}

export interface ExampleShop extends Server {
  /** All of its contract. */
  operations: Operation[]
  /** The operation of this id; one that is not there is a mistake in the test. */
  operation(id: string): Operation
}

/** A running shop whose first rows have the ids and names of the examples. */
export async function startExampleShop(t: Test): Promise<ExampleShop> {
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
  const operation = (id: string) => {
    const found = operations.find((one) => one.id === id)
    if (found === undefined) throw new Error(`No operation is called ${id}.`)
    return found
  }
  return { ...server, operations, operation }
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
export async function execute(
  page: Page,
  operation: Operation,
): Promise<{ status: number; body: string; url: string }> {
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
