import type { Test } from 'tap'
import { buildTestApp, onEveryEngine, type TestApp } from '../support/app.ts'
import { LISTS } from '../support/list-readings.ts'
import { seedForLists } from '../support/list-shop.ts'
import {
  type Asked,
  type DocumentedList,
  documentedLists,
  type Everything,
  type List,
  placeOf,
  type Row,
  readEverything,
  readingOf,
  sorted,
  valuesOf,
} from '../support/lists.ts'
import { pagesOf } from '../support/walk.ts'

const READINGS = 'test/support/list-readings.ts'
const SHOP = 'test/support/list-shop.ts'
/** Few, so that every list has several pages. */
const LIMIT = 3
const PAGING = ['limit', 'cursor', 'include_total', 'sort', 'order']

type Query = Record<string, string>

/** A list with all that is known of it. */
interface Case extends DocumentedList {
  app: TestApp
  all: Everything
  list: List
  ways: Asked[]
  /** Names of its filters. */
  filters: string[]
}

onEveryEngine('every parameter of every list does what the document says', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  await seedForLists(app)
  const all = await readEverything(app)
  const lists = documentedLists()
  t.ok(lists.length >= 10)
  for (const id of Object.keys(LISTS)) {
    t.ok(lists.some((one) => one.id === id), `${id} is a list of the document; else take it out of ${READINGS}`) // biome-ignore format: one thing
  }
  for (const documented of lists) {
    const list = LISTS[documented.id]
    if (list === undefined) {
      t.fail(`${documented.id} is a list nobody knows: say in ${READINGS} which rows it has, and seed them in ${SHOP}`)
      continue
    }
    const ways = list.asked(all)
    const given = new Set([...PAGING, ...ways.flatMap(({ query = {} }) => Object.keys(query))])
    const filters = [...documented.parameters.keys()].filter((name) => !given.has(name))
    const one: Case = { ...documented, app, all, list, ways, filters }
    await t.test(documented.id, async (t) => {
      checkWays(t, one)
      await checkFilters(t, one)
      await checkAllFilters(t, one)
      await checkOrders(t, one)
    })
  }
})

/** The ways a list is asked for differ, and every value of a closed list is asked for or is the default. */
function checkWays(t: Test, { id, ways, parameters }: Case): void {
  t.equal(new Set(ways.map(({ rows }) => JSON.stringify(rows))).size, ways.length, `${id}: every way has other rows`)
  const longest = Math.max(...ways.map(({ rows }) => rows.length))
  t.ok(longest > LIMIT || !parameters.has('cursor'), `${id} has more rows than one page; seed them in ${SHOP}`)
  for (const { name, schema } of parameters.values()) {
    const asked = ways.map(({ query = {} }) => query[name])
    if (schema.enum === undefined || asked.every((value) => value === undefined)) continue
    const left = schema.enum.filter((value) => !asked.includes(value) && value !== schema.default)
    t.same(left, [], `${id}: ask for every ${name} in ${READINGS}`)
  }
}

async function checkFilters(t: Test, one: Case): Promise<void> {
  const { id, parameters, filters, ways, list, all } = one
  await compare(t, one, {}, ways)
  for (const name of filters) {
    const rows = ways.flatMap((way) => way.rows)
    const reading = readingOf(list, name, rows)
    if (reading === undefined) {
      t.fail(`${id}: nothing tells how ${name} reads a row; say it in the filters of ${id} in ${READINGS}`)
      continue
    }
    const telling = valuesOf(parameters.get(name) as never, reading, rows, name).filter((value) => {
      const kept = rows.filter((row) => reading.keeps(row, value, all)).length
      // Whatever includes all keeps all, beside a default that does not.
      return kept > 0 && (kept < rows.length || value === 'include')
    })
    const closed = parameters.get(name)?.schema.enum ?? []
    t.ok(telling.length > 0 && closed.every((value) => telling.includes(value)), `${id}: of ${name}=${closed} each has rows that stay in and out; seed them in ${SHOP}`) // biome-ignore format: one thing
    for (const value of telling) await compare(t, one, { [name]: value }, ways)
  }
}

/** Filters given together all hold: those of a row, for every row. */
async function checkAllFilters(t: Test, one: Case): Promise<void> {
  const { filters, ways, list, all, parameters } = one
  if (filters.length < 2) return
  const rows = ways[0]?.rows ?? []
  for (const [index, row] of rows.entries()) {
    const kept = filters.flatMap((name) => {
      const reading = readingOf(list, name, rows)
      if (reading === undefined) return []
      const values = valuesOf(parameters.get(name) as never, reading, rows, name)
      const fitting = values.filter((value) => reading.keeps(row, value, all))
      return fitting.length > 0 ? [[name, fitting[index % fitting.length] as string]] : []
    })
    await compare(t, one, Object.fromEntries(kept))
  }
}

async function checkOrders(t: Test, one: Case): Promise<void> {
  const { id, parameters, list } = one
  const sorts = parameters.get('sort')?.schema.enum ?? []
  const rows = expected(one, one.ways[0] as Asked, {})
  const ids = new Map(sorts.map((sort) => [sort, sorted(list, rows, sort, 'asc').map((row) => row.id)]))
  t.equal(new Set([...ids.values()].map(String)).size, sorts.length, `${id}: no order is like another; seed it in ${SHOP}`) // biome-ignore format: one thing
  for (const sort of sorts) {
    const places = rows.map(placeOf(list.sorts ?? {}, sort))
    t.notOk(places.includes(undefined as never), `${id}: say what ${sort} sorts by in the sorts of ${id} in ${READINGS}`) // biome-ignore format: one thing
    const isUnique = sort === 'id' || list.unique?.includes(sort)
    t.equal(new Set(places).size === rows.length, Boolean(isUnique), `${id}: ${sort} is tied in ${SHOP}, or said to be unique in ${READINGS}`) // biome-ignore format: one thing
    await compare(t, one, { sort })
    for (const order of ['asc', 'desc']) await compare(t, one, { sort, order })
  }
}

/** The rows a list should answer, worked out from all there are. */
function expected({ filters, parameters, list, all }: Case, way: Asked, query: Query): Row[] {
  const asked = (name: string) => query[name] ?? parameters.get(name)?.schema.default
  const rows = way.rows.filter((row) =>
    filters.every((name) => {
      const value = asked(name)
      return value === undefined || (readingOf(list, name, way.rows)?.keeps(row, String(value), all) ?? true)
    }),
  )
  return parameters.has('sort') ? sorted(list, rows, String(asked('sort')), String(asked('order'))) : rows
}

/** Asks for a list with this query, at once and page by page, and compares it with what it should be. */
async function compare(t: Test, one: Case, query: Query, ways = one.ways.slice(0, 1)): Promise<void> {
  for (const way of ways) {
    const rows = expected(one, way, query)
    const asked = new URLSearchParams({ ...way.query, ...query })
    const path = one.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(way.path?.[name]))
    const pages = await readPages(one, path, asked)
    const found = {
      rows: pages.flatMap((page) => page.rows),
      totals: [...new Set(pages.map((page) => page.total))],
      fullPages: pages.slice(0, -1).every((page) => page.rows.length === LIMIT),
    }
    const total = one.parameters.has('include_total') ? rows.length : undefined
    t.same(found, { rows, totals: [total], fullPages: true }, `${path}?${asked}`)
    if (total === undefined) continue
    // Without a total a list may be read in another way.
    const { data, ...rest } = (await one.app.call('GET', `${path}?limit=100&${asked}`)).json()
    t.same({ data, ...rest }, { data: rows, next_cursor: null }, `${path}?${asked} at once`)
  }
}

interface Page {
  rows: Row[]
  total: number | undefined
}

async function readPages({ app, parameters, list }: Case, path: string, query: URLSearchParams): Promise<Page[]> {
  if (!parameters.has('cursor')) {
    const answer = (await app.call('GET', `${path}?${query}`)).json()
    return [{ rows: answer[list.rowsIn ?? 'data'], total: answer.total }]
  }
  const paging = { limit: String(LIMIT), ...(parameters.has('include_total') && { include_total: 'true' }) }
  const pages: Page[] = []
  for await (const page of pagesOf<Row>(app, `${path}?${new URLSearchParams([...query, ...Object.entries(paging)])}`)) {
    pages.push({ rows: page.data, total: page.total })
  }
  return pages
}
