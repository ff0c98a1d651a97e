import type { LightMyRequestResponse } from 'fastify'
import type { Call, TestApp } from './app.ts'

/** Records a movement, as a supervisor unless somebody else is named. */
export const move = (
  app: Pick<TestApp, 'call'>,
  type: string,
  lines: object[],
  more: object = {},
  call: Omit<Call, 'body'> = {},
): Promise<LightMyRequestResponse> =>
  app.call('POST', '/movements', { as: 'supervisor', ...call, body: { type, lines, ...more } })

/** The level of a product at a location; undefined when there is none. */
export async function levelOf(app: TestApp, product_id: number, location_id: number) {
  const { data } = (await app.call('GET', `/stock?product_id=${product_id}&location_id=${location_id}`)).json()
  return data[0]
}

/** The ledger's own proof of every balance. */
export const proofOf = async (app: TestApp) => (await app.call('GET', '/ledger/verify')).json()

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
