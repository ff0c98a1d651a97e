/** What a write answers. */
export interface Answer<T> {
  status: number
  body: T
  headers?: Record<string, string>
}

const BASE = '/api/v1'

/** @param list where its kind is listed: `/categories` */
export const created = <T extends { id: number }>(list: string, body: T, etag: string): Answer<T> => ({
  status: 201,
  body,
  headers: { location: `${BASE}${list}/${body.id}`, etag },
})

/** The resource as a write left it. */
export const changed = <T>(body: T, etag: string): Answer<T> => ({ status: 200, body, headers: { etag } })

export const nothing: Answer<null> = { status: 204, body: null }
