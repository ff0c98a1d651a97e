import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { type Static, type TProperties, Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import type { After, Paging, Place } from '../db/keyset.ts'
import { Problem } from '../errors.ts'
import { Closed, MAX_CURSOR, StringEnum } from './schema.ts'

/** The query of a list in a fixed order; its own filters stand beside these. */
export const PageQuery = Closed({
  limit: Type.Integer({
    format: 'int32',
    minimum: 1,
    maximum: 100,
    default: 50,
    description: 'Rows in a page.',
    examples: [20],
  }),
  cursor: Type.Optional(Type.String({ maxLength: MAX_CURSOR, description: 'The `next_cursor` of the page before.' })),
})

/** The query of a list: what it may be sorted by, and its own filters. */
export function ListQuery<const S extends readonly [string, ...string[]], F extends TProperties>(
  sorts: S,
  filters: F,
  order: 'asc' | 'desc' = 'asc',
) {
  return Closed({
    limit: PageQuery.properties.limit,
    cursor: Type.Optional(
      Type.String({
        maxLength: MAX_CURSOR,
        description: 'The `next_cursor` of the page before, with the same filters and order.',
      }),
    ),
    sort: StringEnum(sorts, { default: sorts[0], description: 'What the rows are ordered by.', examples: [sorts[0]] }),
    order: StringEnum(['asc', 'desc'], { default: order, description: 'Ascending or descending.', examples: [order] }),
    include_total: Type.Boolean({
      default: false,
      description: 'Count all rows that match, as `total`.',
      examples: [false],
    }),
    ...filters,
  })
}

/** The filter of a list whose rows can be archived. */
export const archivedFilter = (things: string) =>
  StringEnum(['exclude', 'only', 'include'], {
    default: 'exclude',
    description: `Whether archived ${things} are left out, are the only ones, or are listed with the others.`,
    examples: ['exclude'],
  })

/** A request for a page. */
interface PageRequest {
  url: string
  query: Static<typeof PageQuery>
}

const PAGING = new Set(['limit', 'cursor', 'include_total'])

/**
 * Cursors: opaque to clients, signed, and bound to the address, filters and order of the list they came from, so that
 * none can be made up or carried over.
 */
export class Cursors {
  readonly #key: KeyObject

  /** @param secret SECRET_KEY */
  constructor(secret: string) {
    this.#key = createSecretKey(createHmac('sha256', secret).update('cursor').digest())
  }

  /** @throws Problem `invalid-cursor` */
  read(request: PageRequest): Paging {
    const { limit, cursor } = request.query
    if (cursor === undefined) return { limit, after: undefined }
    const [payload = ''] = cursor.split('.', 1)
    // Compared as text: decoding would forgive the last letter some of its bits.
    const expected = Buffer.from(`${payload}.${this.#sign(payload, request)}`)
    const given = Buffer.from(cursor)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new Problem(
        'invalid-cursor',
        'The cursor is not one of this list with these filters and this order; start without one.',
      )
    }
    return { limit, after: JSON.parse(Buffer.from(payload, 'base64url').toString()) }
  }

  write(request: PageRequest, after: After): string {
    const payload = Buffer.from(JSON.stringify(after)).toString('base64url')
    return `${payload}.${this.#sign(payload, request)}`
  }

  #sign(payload: string, request: PageRequest): string {
    const [path] = request.url.split('?', 1)
    const query = Object.entries(request.query).filter(([name]) => !PAGING.has(name))
    const bound = JSON.stringify([payload, path, query.sort(([a], [b]) => (a < b ? -1 : 1))])
    return createHmac('sha256', this.#key).update(bound).digest('base64url').slice(0, 22)
  }
}

export interface Page<Row> {
  data: Row[]
  next_cursor: string | null
  total?: number
}

/**
 * Cuts a page from rows read with one row more than the limit, and links to the next.
 *
 * @param found the rows, in order, with what the list carries on besides their place; and how many match in all
 */
export function pageOf<Row extends Place & Pick<After, 'carried'>, Out>(
  { request, reply, cursors }: { request: PageRequest; reply: FastifyReply; cursors: Cursors },
  { rows, total }: { rows: Row[]; total?: number | undefined },
  toWire: (row: Row) => Out,
): Page<Out> {
  const { limit } = request.query
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  const next = last === undefined ? null : cursors.write(request, afterOf(last))
  if (next !== null) {
    const query = new URLSearchParams(request.url.split('?')[1] ?? '')
    query.set('cursor', next)
    // Relative to the list itself, so that it holds behind any path prefix.
    reply.header('link', `<?${query}>; rel="next"`)
  }
  return { data: page.map(toWire), next_cursor: next, ...(total === undefined ? {} : { total }) }
}

const afterOf = ({ place, id, carried }: Place & Pick<After, 'carried'>): After => ({ value: place, id, carried })
