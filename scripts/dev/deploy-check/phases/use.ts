/** C7: what a shop does on its first day. */
import { ask } from './programs.ts'

export interface Credentials {
  username: string
  password: string
}

/** @param made by the platform; otherwise the first start printed one */
export function passwordOf(log: string, made: string | undefined): string {
  return made ?? /^ {2}password {4}(\S+)$/m.exec(log)?.[1] ?? ''
}

/** @returns what went wrong; nothing when everything is as it must be */
export async function useService(port: number, credentials: Credentials, round: number): Promise<string[]> {
  const token = await logIn(port, credentials)
  if (token === undefined) return ['the administrator could not log in']
  const headers = { authorization: `Bearer ${token}` }
  const problems: string[] = []
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await ask(port, `/api/v1/${path}`, { method, headers, body })
    if (answer.status >= 300 || answer.status === 0) problems.push(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.text === '' ? {} : JSON.parse(answer.text)
  }
  const category = await call('POST', 'categories', { name: `Varios ${round}` })
  const product = await call('POST', 'products', { name: `Tornillo ${round}`, price: '1.20', category_id: category.id })
  const lines = [{ product_id: product.id, quantity: 5, unit_cost: '0.50' }]
  await call('POST', 'movements', { type: 'receipt', lines })
  await call('POST', 'movements', { type: 'issue', lines: [{ product_id: product.id, quantity: 2 }] })
  const found = await call('GET', `products?q=${encodeURIComponent(`tornillo ${round}`)}`)
  if (found.data?.length !== 1) problems.push(`a search found ${found.data?.length} products`)
  const stock = await call('GET', `products/${product.id}/stock`)
  if (stock.quantity !== 3) problems.push(`of 5 less 2 there are ${stock.quantity}`)
  const proof = await call('GET', 'ledger/verify')
  if (proof.ok !== true) problems.push('the ledger does not prove its balances')
  return problems
}

export async function countMovements(port: number, credentials: Credentials): Promise<number> {
  const headers = { authorization: `Bearer ${await logIn(port, credentials)}` }
  const answer = await ask(port, '/api/v1/movements?include_total=true', { headers })
  return answer.status === 200 ? (JSON.parse(answer.text) as { total: number }).total : 0
}

async function logIn(port: number, credentials: Credentials): Promise<string | undefined> {
  const answer = await ask(port, '/api/v1/auth/login', { method: 'POST', body: credentials })
  return answer.status === 200 ? JSON.parse(answer.text).access_token : undefined
}
