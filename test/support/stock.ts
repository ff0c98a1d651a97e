import type { LightMyRequestResponse } from 'fastify'
import type { TestApp } from './app.ts'

/** Records a movement as a supervisor. */
export const move = (
  app: TestApp,
  type: string,
  lines: object[],
  more: object = {},
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> =>
  app.call('POST', '/movements', { as: 'supervisor', body: { type, lines, ...more }, headers })

/** The level of a product at a location; undefined when there is none. */
export async function levelOf(app: TestApp, product_id: number, location_id: number) {
  const { data } = (await app.call('GET', `/stock?product_id=${product_id}&location_id=${location_id}`)).json()
  return data[0]
}

/** The ledger's own proof of every balance. */
export const proofOf = async (app: TestApp) => (await app.call('GET', '/ledger/verify')).json()

/** Every row of a list, page by page. */
export async function walk<Row>(app: TestApp, path: string, limit: number): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: string = `${path.includes('?') ? '&' : '?'}limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const answer = await app.call('GET', `${path}${query}`)
    if (answer.statusCode !== 200) throw new Error(`${path}${query} answered ${answer.statusCode}: ${answer.body}`)
    const page: { data: Row[]; next_cursor: string | null } = answer.json()
    rows.push(...page.data)
    cursor = page.next_cursor
  }
  return rows
}

/** What a product is worth altogether, straight from its table: ten-thousandths and thousandths. */
export const costOf = (app: TestApp, product_id: number) =>
  app.store.query((reader) =>
    reader
      .selectFrom('product_costs')
      .select(['quantity', 'value'])
      .where('product_id', '=', product_id)
      .executeTakeFirstOrThrow(),
  )

/** How often each status was answered. */
export function tally(statuses: number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
