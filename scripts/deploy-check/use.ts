/** A real use, not only a probe: it proves that secrets and database work together. */
interface Answer {
  status: number
  body: Record<string, unknown> & { items?: unknown[]; id?: number }
}

/**
 * Logs in and looks at the stock.
 *
 * @param fresh whether the product is to be made first
 * @returns what went wrong
 */
export async function useOnce(origin: string, password: string, fresh: boolean): Promise<string[]> {
  const login = await ask(origin, 'auth/login', undefined, { username: 'admin', password })
  const token = String(login.body.access_token ?? '')
  if (login.status !== 200) return [`the login answered ${login.status}`]
  const steps: [string, object][] = [
    ['categories', { name: 'Ferretería' }],
    ['products', { name: 'Tornillo M8', price: '0.35', category_id: 1 }],
    ['movements', { type: 'receipt', lines: [{ product_id: 1, quantity: 10, unit_cost: '0.12' }] }],
  ]
  for (const [path, body] of fresh ? steps : []) {
    const { status } = await ask(origin, path, token, body)
    if (status !== 201) return [`POST ${path} answered ${status}`]
  }
  const { status, body } = await ask(origin, 'ledger/verify', token)
  const levels = await ask(origin, 'stock/explain?product_id=1&location_id=1', token)
  if (status !== 200 || levels.status !== 200) return [`the ledger answered ${status}, the stock ${levels.status}`]
  const found = JSON.stringify(levels.body).includes('10')
  return found && JSON.stringify(body).length > 2 ? [] : ['what was received is not there']
}

async function ask(origin: string, path: string, token?: string, body?: object): Promise<Answer> {
  const response = await fetch(`${origin}/api/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}
