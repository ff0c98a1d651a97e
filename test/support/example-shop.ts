import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { Contract, type DocumentedOperation } from './contract.ts'
import { type Server, startServer } from './process.ts'

// The password in the example of a login, so that the page works as it stands.
const PASSWORD = 'caballo-grapa-correcta'
const LOGIN = { username: 'admin', password: PASSWORD }

const BOLT = {
  name: 'Tornillo',
  price: '1.20',
  category_id: 1,
  sku: 'TOR-M8-40',
  barcode: '7501031311309',
  decimals: 3,
}

/** What the shop is filled with, in order, so that whatever the examples of the document name is there. */
const SEEDS: [string, object][] = [
  ['categories', { name: 'Varios' }],
  ['products', BOLT],
  ['products', { ...BOLT, name: 'Tuerca', sku: 'TUE-M8', barcode: undefined }],
  ['movements', { type: 'receipt', lines: [1, 2].map((id) => ({ product_id: id, quantity: 1000, unit_cost: '0.50' })) }],
] // biome-ignore format: a row a line

export interface Operation extends DocumentedOperation {
  id: string
  tag: string
}

export interface ExampleShop extends Server {
  contract: Contract
  /** All of its contract. */
  operations: Operation[]
  /** The operation of this id; one that is not there is a mistake in the test. */
  operation(id: string): Operation
}

/** A running shop whose first rows have the ids and names of the examples. */
export async function startExampleShop(t: Test): Promise<ExampleShop> {
  const server = await startServer(t, { env: { ADMIN_PASSWORD: PASSWORD, RATE_LIMIT_MAX: '0' } })
  await server.healthy()
  const token = await logInTo(server)
  for (const [path, body] of SEEDS) {
    const { status, body: answer } = await send(server, 'post', `/api/v1/${path}`, { body, token })
    if (status !== 201) throw new Error(`${path}: ${answer}`)
  }
  const contract = new Contract(await (await fetch(`${server.url}/openapi.json`)).text())
  const operations = contract.operations.map((one) => ({
    ...one,
    id: one.operation.operationId,
    tag: one.operation.tags[0],
  }))
  const operation = (id: string) => {
    const found = operations.find((one) => one.id === id)
    if (found === undefined) throw new Error(`No operation is called ${id}.`)
    return found
  }
  return { ...server, contract, operations, operation }
}

export interface Answered {
  status: number
  body: string
}

/** How somebody tries operations: as they are filled in, and logging in for those that follow. */
export interface Visitor {
  execute(operation: Operation): Promise<Answered>
  logIn(): Promise<unknown>
}

/** A visitor without a browser, who sends what the page would fill in. */
export function visitorOf(shop: ExampleShop): Visitor {
  const visitor = { token: '' }
  return {
    logIn: async () => {
      visitor.token = await logInTo(shop)
    },
    execute: ({ method, path, operation }) => {
      const { contract } = shop
      const query = new URLSearchParams()
      let url = path
      for (const parameter of (operation.parameters ?? []).map((one: object) => contract.resolve(one))) {
        const example = String(parameter.example ?? contract.exampleOf(parameter.schema))
        if (parameter.in === 'path') url = url.replace(`{${parameter.name}}`, encodeURIComponent(example))
        else if (parameter.in === 'query' && parameter.required) query.set(parameter.name, example)
      }
      const [[type, media] = []] = Object.entries<{ schema: object; example?: object }>(
        operation.requestBody?.content ?? {},
      )
      const body = media && (media.example ?? contract.exampleOf(media.schema))
      return send(shop, method, `${url}?${query}`, { body, type, token: visitor.token })
    },
  }
}

/** Tries every operation that reads; each finds what its example names. */
export async function tryReading(t: Test, { operations }: ExampleShop, { execute }: Visitor): Promise<void> {
  const reading = operations.filter(({ method }) => method === 'get')
  t.ok(reading.length > 20)
  for (const operation of reading) {
    const { status, body } = await execute(operation)
    t.equal(status, 200, told(operation, { status, body }))
  }
}

/** What a state forbids is as good an answer as what was done; an example of a token cannot be valid. */
const REFUSED: Record<number, RegExp> = { 401: /"invalid_refresh_token"/, 403: /"own_account"/, 409: /"code"/ }

/** Tries every operation that changes something; each does so, or says that the state of the shop forbids it. */
export async function tryChanging(t: Test, { operations }: ExampleShop, visitor: Visitor): Promise<void> {
  const changing = inOrder(operations.filter(({ method, id }) => method !== 'get' && id !== 'logIn'))
  t.ok(changing.length > 20)
  for (const operation of changing) {
    if (operation.id === 'changeMyPassword') await visitor.logIn()
    const { status, body } = await visitor.execute(operation)
    const isDone = status >= 200 && status < 300
    t.ok(isDone || REFUSED[status]?.test(body), told(operation, { status, body }))
  }
}

const told = ({ method, path }: Operation, { status, body }: Answered) =>
  `${method} ${path} as the document fills it in: ${status} ${body.slice(0, 300)} (what it names is made by the seeds of test/support/example-shop.ts)`

/** Making and changing first, then what takes away, and at last what ends the session. */
function inOrder(operations: Operation[]): Operation[] {
  const last = ['refreshTokens', 'logOut', 'changeMyPassword']
  const rank = ({ id, method }: Operation) => {
    if (last.includes(id)) return 10 + last.indexOf(id)
    return /^(archive|deactivate)/.test(id) ? 3 : ({ post: 1, patch: 2, put: 2, delete: 4 }[method] ?? 5)
  }
  return operations.toSorted((a, b) => rank(a) - rank(b))
}

async function logInTo(server: Server): Promise<string> {
  return JSON.parse((await send(server, 'post', '/api/v1/auth/login', { body: LOGIN })).body).access_token
}

interface Sent {
  body?: object | undefined
  token?: string
  type?: string | undefined
}

async function send(server: Server, method: string, path: string, sent: Sent): Promise<Answered> {
  const { body, token, type = 'application/json' } = sent
  const response = await fetch(`${server.url}${path}`, {
    method: method.toUpperCase(),
    headers: {
      ...(body === undefined ? {} : { 'content-type': type }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = { status: response.status, body: await response.text() }
  if (!answer.body.includes('"overloaded"')) return answer
  // A busy machine is no fault of the operation: the answer says to try again in a moment.
  await sleep(200)
  return await send(server, method, path, sent)
}
