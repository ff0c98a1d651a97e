import type { TestApp } from './app.ts'
import { type Contract, contractOf } from './contract.ts'

// biome-ignore lint/suspicious/noExplicitAny: rows of many shapes.
export type Row = any

/** Everything of a shop, each row as its own address answers it, so that no list is measured by itself. */
export type Everything = Record<'users' | 'categories' | 'products' | 'locations' | 'stock' | 'movements', Row[]>

export async function readEverything(app: TestApp): Promise<Everything> {
  const rowsOf = async (table: keyof Everything) => {
    const ids = await app.store.read((reader) => reader.selectFrom(table).select('id').orderBy('id').execute())
    return await Promise.all(ids.map(async ({ id }) => (await app.call('GET', `/${table}/${id}`)).json()))
  }
  const [users, categories, products] = [await rowsOf('users'), await rowsOf('categories'), await rowsOf('products')]
  const [locations, stock, movements] = [await rowsOf('locations'), await rowsOf('stock'), await rowsOf('movements')]
  return { users, categories, products, locations, stock, movements } as Everything
}

/** How a filter reads a row. */
export interface Reading {
  keeps(row: Row, value: string, all: Everything): boolean
  /** What to ask for, where neither the document nor the rows say it. */
  values?: string[]
}

/** What a list is asked for apart from its filters and its order, and all rows it has then. */
export interface Asked {
  path?: Record<string, number>
  query?: Record<string, string>
  /** In the order of the list, where that cannot be chosen. */
  rows: Row[]
}

/** What nobody can read in the document about a list. */
export interface List {
  asked(all: Everything): Asked[]
  /** Filters that do not read as `readingOf` would have it. */
  filters?: Record<string, Reading>
  /** What a row is sorted by, where that is not its field of this name, without regard to case. */
  sorts?: Record<string, (row: Row) => number | string>
  /** Sorts by what no two rows have in common; `id` always is one. */
  unique?: string[]
  /** Where the rows are in an answer that is no page. */
  rowsIn?: string
}

export interface Parameter {
  name: string
  in: string
  schema: { type: string; enum?: string[]; default?: unknown }
}

export interface DocumentedList {
  id: string
  path: string
  /** Of its query, by name. */
  parameters: Map<string, Parameter>
}

/** Every list of the document: what answers a page, or takes a query. */
export async function documentedLists({ app }: Pick<TestApp, 'app'>): Promise<DocumentedList[]> {
  const contract: Contract = await contractOf(app)
  return contract.operations.flatMap(({ method, path, operation }) => {
    const all: Parameter[] = (operation.parameters ?? []).map((one: Row) => contract.resolve(one))
    const parameters = new Map(all.filter((one) => one.in === 'query').map((one) => [one.name, one]))
    const { content = {} } = contract.resolve(operation.responses[200]) ?? {}
    const answer = contract.resolve(content['application/json']?.schema)
    const isList = method === 'get' && (parameters.size > 0 || answer?.properties?.data?.type === 'array')
    return isList ? [{ id: operation.operationId, path, parameters }] : []
  })
}

const equal: (field: string) => Reading = (field) => ({ keeps: (row, value) => String(row[field]) === value })

const ARCHIVED: Reading = {
  keeps: ({ is_active }, value) => value === 'include' || is_active === (value === 'exclude'),
}

const BOUNDS: Record<string, (field: number | string, value: number | string) => boolean> = {
  min: (field, value) => field >= value,
  max: (field, value) => field <= value,
  since: (field, value) => field >= value,
  from: (field, value) => field >= value,
  before: (field, value) => field < value,
}

/**
 * How a filter reads a row: as the list says, else by its name: `archived`, a field of the rows that is to be equal, or
 * a bound of one (`price_min`, `updated_since`).
 *
 * @returns undefined when the name does not tell
 */
export function readingOf({ filters = {} }: List, name: string, rows: Row[]): Reading | undefined {
  const given = filters[name]
  if (given !== undefined) return given
  if (name === 'archived') return ARCHIVED
  const sample = rows[0] ?? {}
  if (name in sample) return equal(name)
  const [, start = '', end = ''] = /^(.+)_([a-z]+)$/.exec(name) ?? []
  const within = BOUNDS[end]
  const field = [start, `${start}_at`].find((one) => one in sample)
  if (within === undefined || field === undefined) return undefined
  const read = field.endsWith('_at') ? String : Number
  const values = [...new Set(rows.map((row) => String(row[field])))]
  return { keeps: (row, value) => within(read(row[field]), read(value)), values }
}

/** The values to ask for: all that a closed list has, else a few, each of which some rows have and some have not. */
export function valuesOf({ schema }: Parameter, { values }: Reading, rows: Row[], name: string): string[] {
  if (schema.enum !== undefined) return schema.enum
  if (schema.type === 'boolean') return ['true', 'false']
  return values ?? [...new Set(rows.flatMap((row) => (name in row ? [String(row[name])] : [])))]
}

/** Rows in an order; those alike in it by id, which goes the same way. */
export function sorted({ sorts = {} }: List, rows: Row[], sort: string, order: string): Row[] {
  const place = placeOf(sorts, sort)
  const sign = order === 'asc' ? 1 : -1
  const compare = (x: number | string, y: number | string) => (x < y ? -1 : x > y ? 1 : 0)
  return rows.toSorted((x, y) => sign * (compare(place(x), place(y)) || compare(x.id, y.id)))
}

export const placeOf = (sorts: NonNullable<List['sorts']>, sort: string) =>
  sorts[sort] ?? ((row: Row): number | string => (typeof row[sort] === 'string' ? row[sort].toLowerCase() : row[sort]))
