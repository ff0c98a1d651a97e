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
  MAX_RARE_PRODUCTS,
  type PageValues,
  type ProductFilter,
  type RareRow,
  type Shape,
  selectPage,
  selectPlaces,
  selectRare,
  type Values,
} from './list-query-repository.ts'

/** At most this many rows are read for common words before all that hold them are looked up. */
const READ_AHEAD_ROWS = 2000

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
  const page = { ...values, rows: limit + 1, after_value: after?.value, after_id: after?.id }
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
  return { shape, search, values: { ...filter, ...search?.values, ids: candidates } }
}

/**
 * Tries to answer a search in the ways that cost little, whatever the words.
 *
 * @returns undefined when they did not
 */
async function findSoon(
  db: Reader,
  shape: Shape,
  values: PageValues,
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
async function readRare(db: Reader, shape: Shape, values: PageValues): Promise<ListedProduct[] | undefined> {
  const rows = await rares(db, shape, values)
  if ((rows[0]?.candidates ?? 0) > MAX_RARE_PRODUCTS) return undefined
  return rows.flatMap(({ candidates: _, ...row }) => (row.id === null ? [] : [row]))
}

/** PostgreSQL: a page of rows that hold common words, if they are met at once. */
async function readNext(db: Reader, shape: Shape, values: PageValues): Promise<ListedProduct[] | undefined> {
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
async function readAhead(db: Reader, shape: Shape, values: PageValues): Promise<ListedProduct[] | undefined> {
  const [last] = await bounds(db, { ...shape, search: undefined }, values)
  if (last === undefined) return await pages(db, shape, values)
  const rows = await pages(db, { ...shape, until: true }, { ...values, until_value: last.place, until_id: last.id })
  return rows.length === values.rows ? rows : undefined
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

/** A list as it is when nothing is asked of it; samples say how they differ. */
const PLAIN: Shape = {
  sort: 'name',
  order: 'asc',
  archived: 'exclude',
  stock_status: undefined,
  filters: [],
  search: undefined,
  among: undefined,
  after: false,
  until: false,
}
const FURTHER = { ...PLAIN, order: 'desc', after: true } as const

const bounds = preparedFamily<Shape, Values, { id: number; place: string | number }>('products_bounds', {
  nameOf: (shape) => nameOf('bounds', shape),
  samples: (engine) => (engine === 'sqlite' ? [PLAIN, FURTHER, { ...PLAIN, filters: ['category_id'] }] : []),
  build: (db, shape, values) =>
    inOrder(selectPlaces(db, shape, values, shape.archived === 'exclude'), shape, values)
      .limit(1)
      .offset(READ_AHEAD_ROWS),
})

const pages = preparedFamily<Shape, PageValues, ListedProduct>('products_page', {
  nameOf: (shape) => {
    if (shape.among === 'next') return nameForWords('next', shape)
    const isPlain = shape.search === undefined && shape.among === undefined && !shape.until
    return isPlain && isInIndexOrder(shape) ? nameOf('page', shape) : undefined
  },
  samples: (engine) => [
    PLAIN,
    FURTHER,
    { ...PLAIN, sort: 'id', after: true },
    { ...PLAIN, sort: 'price', archived: 'only' },
    { ...FURTHER, archived: 'include' },
    { ...PLAIN, filters: [...FILTERS], stock_status: 'low' },
    { ...PLAIN, among: 'given', filters: ['category_id'] },
    ...(engine === 'sqlite' ? SQLITE_SEARCHES : POSTGRES_SEARCHES),
  ],
  build: selectPage,
})
const SQLITE_SEARCHES: Shape[] = [
  { ...PLAIN, search: 'index' },
  { ...PLAIN, search: 'both' },
  { ...PLAIN, search: 'reading', until: true },
  { ...FURTHER, search: 'reading', until: true },
  { ...PLAIN, search: 'reading', among: 'given' },
]
const POSTGRES_SEARCHES: Shape[] = [
  { ...PLAIN, search: 'index_2' },
  { ...PLAIN, search: 'read_2', among: 'next' },
  { ...FURTHER, search: 'read_1', among: 'next', filters: ['category_id'] },
  { ...PLAIN, search: 'read_1', among: 'given' },
]

const rares = preparedFamily<Shape, PageValues, RareRow>('products_rare', {
  nameOf: (shape) => nameForWords('rare', shape),
  samples: (engine) => (engine === 'sqlite' ? [] : [{ ...PLAIN, search: 'read_2' }]),
  build: (db, shape, values) => ({ compile: () => selectRare(db, shape, values).compile(db) }),
})

const counts = preparedFamily<Shape, Values, { count: number }>('products_count', {
  nameOf: () => undefined,
  samples: (engine) => [
    { ...PLAIN, sort: 'id' },
    { ...PLAIN, sort: 'id', archived: 'include', filters: [...FILTERS], stock_status: 'out' },
    { ...PLAIN, sort: 'id', search: engine === 'sqlite' ? 'index' : 'index_1' },
  ],
  build: (db, shape, values) => {
    const { archived } = shape
    const isActive = archived === 'include' ? undefined : archived === 'exclude'
    return db
      .selectFrom(selectPlaces(db, shape, values, isActive).as('matching'))
      .select((eb) => eb.fn.countAll<number>().as('count'))
  },
})
