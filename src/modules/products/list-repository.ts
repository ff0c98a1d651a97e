import { isPostgres } from '../../db/dialect.ts'
import type { Paging } from '../../db/keyset.ts'
import { preparedFamily } from '../../db/prepared.ts'
import { planTextSearch, type TextSearch } from '../../db/text-search.ts'
import type { Reader } from '../../db/types.ts'
import {
  FILTERS,
  inOrder,
  isInIndexOrder,
  type ListedProduct,
  MOST_RARE,
  type ProductFilter,
  type Shape,
  selectPage,
  selectPlaces,
  selectRare,
  type Values,
} from './list-query-repository.ts'

/** So many rows are read for common words before all that hold them are looked up. */
const READ_AHEAD = 2000

/**
 * One row more than the page holds.
 *
 * @param candidates from `findCandidates`, of the same snapshot
 */
export async function listProducts(
  db: Reader,
  filter: ProductFilter,
  candidates: number[] | undefined,
  { limit, after }: Paging,
): Promise<ListedProduct[]> {
  const { shape, values, search } = ask(db, filter, candidates)
  const page = { ...values, rows: limit + 1, after_value: after?.value, after_id: after?.id } as Values
  const asked = { ...shape, after: after !== undefined }
  const soon =
    search !== undefined && candidates === undefined && isInIndexOrder(asked)
      ? await findSoon(db, asked, page, search)
      : undefined
  return soon ?? (await pages(db, asked, page))
}

/** How many products match. */
export async function countProducts(
  db: Reader,
  filter: ProductFilter,
  candidates: number[] | undefined,
): Promise<number> {
  const { shape, values } = ask(db, { ...filter, sort: 'id', order: 'asc' }, candidates)
  const [row] = await counts(db, shape, values)
  return row?.count ?? 0
}

function ask(db: Reader, filter: ProductFilter, candidates: number[] | undefined) {
  const { sort, order, archived, stock_status, terms } = filter
  const filters = FILTERS.filter((name) => filter[name] !== undefined)
  const search = terms.length === 0 ? undefined : planTextSearch(db, terms)
  const among = candidates === undefined ? undefined : 'given'
  const words = among ? search?.reading : search?.indexed
  const shape: Shape = {
    sort,
    order,
    archived,
    stock_status,
    filters,
    search: words,
    among,
    after: false,
    until: false,
  }
  return { shape, search, values: { ...filter, ...search?.values, ids: candidates } as unknown as Values }
}

/**
 * Tries to answer a search in the ways that cost little, whatever the words.
 *
 * @returns undefined when they did not
 */
async function findSoon(
  db: Reader,
  shape: Shape,
  values: Values,
  { reading, indexed, rare }: TextSearch,
): Promise<ListedProduct[] | undefined> {
  const read = { ...shape, search: reading }
  if (!isPostgres(db)) return reading === indexed ? undefined : await readAhead(db, read, values)
  for (const way of WAYS[rare ?? 'unknown']) {
    const rows = await way(db, read, values)
    if (rows !== undefined) return rows
  }
  return undefined
}

/** PostgreSQL: a page of rows that hold a rare word, if it is one. */
async function readRare(db: Reader, shape: Shape, values: Values): Promise<ListedProduct[] | undefined> {
  const rows = await rares(db, shape, values)
  if ((rows[0]?.candidates ?? 0) > MOST_RARE) return undefined
  return rows.flatMap(({ candidates: _, ...row }) => (row.id === null ? [] : [row as ListedProduct]))
}

/** PostgreSQL: a page of rows that hold common words, if they are met at once. */
async function readNext(db: Reader, shape: Shape, values: Values): Promise<ListedProduct[] | undefined> {
  const rows = await pages(db, { ...shape, among: 'next' }, values)
  return rows.length === values.rows ? rows : undefined
}

/** PostgreSQL: by whether a word can be rare. */
const WAYS = { likely: [readRare, readNext], perhaps: [readNext, readRare], unknown: [readNext] }

/**
 * SQLite: a page of rows that hold common words, if they are met soon: in whatever order, most often they are.
 *
 * @returns undefined when they were not
 */
async function readAhead(db: Reader, shape: Shape, values: Values): Promise<ListedProduct[] | undefined> {
  const [last] = await bounds(db, { ...shape, search: undefined }, values)
  const until = { until_value: last?.place as string | number, until_id: last?.id as number }
  const rows = await pages(db, { ...shape, until: last !== undefined }, { ...values, ...until })
  return last === undefined || rows.length === values.rows ? rows : undefined
}

/**
 * The name of a list's statement of some kind. Plans are kept for lists that are read in the order of an index and for
 * words that are looked for in a few rows, whatever the values; for no more than those.
 */
const nameOf = (kind: string, { sort, order, archived, filters, after }: Shape) =>
  ['products', kind, sort, order, archived, ...filters, after ? 'after' : 'first'].join('_')

/** Each number of words is a statement of its own, and a connection does not keep any number of them. */
const nameForWords = (kind: string, shape: Shape) =>
  SOME_WORDS.has(shape.search) ? nameOf(`${kind}_${shape.search}`, shape) : undefined
const SOME_WORDS = new Set<unknown>(['read_1', 'read_2', 'read_3'])

const bounds = preparedFamily(
  (shape) => nameOf('bounds', shape),
  (db: Reader, shape: Shape, values: Values) =>
    inOrder(selectPlaces(db, shape, values, shape.archived === 'exclude'), shape, values)
      .limit(1)
      .offset(READ_AHEAD),
)

const pages = preparedFamily((shape: Shape) => {
  if (shape.among === 'next') return nameForWords('next', shape)
  const isPlain = shape.search === undefined && shape.among === undefined && !shape.until
  return isPlain && isInIndexOrder(shape) ? nameOf('page', shape) : undefined
}, selectPage)

const rares = preparedFamily(
  (shape) => nameForWords('rare', shape),
  (db: Reader, shape: Shape, values: Values) => ({ compile: () => selectRare(db, shape, values).compile(db) }),
)

const counts = preparedFamily(
  () => undefined,
  (db: Reader, shape: Shape, values: Values) => {
    const { archived } = shape
    const isActive = archived === 'include' ? undefined : archived === 'exclude'
    return db
      .selectFrom(selectPlaces(db, shape, values, isActive).as('matching'))
      .select((eb) => eb.fn.countAll<number>().as('count'))
  },
)
