import type { Asked, Everything, List, Reading, Row } from './lists.ts'

/** Without regard to case and accents. */
const folded = (text: string) => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()

/** Every word is in one of these fields, wherever. */
const words = (values: string[], ...fields: string[]): Reading => ({
  values,
  keeps: (row, value) =>
    value.split(' ').every((word) => fields.some((field) => folded(row[field] ?? '').includes(folded(word)))),
})

const statusOf = (available: number, minimum: number) => (available <= 0 ? 'out' : available <= minimum ? 'low' : 'ok')

const sum = (rows: Row[], of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)

const byId = (rows: Row[], id: number): Row => rows.find((row) => row.id === id)

const isIn = (all: Everything, level: Row) => byId(all.products, level.product_id).is_active
const isInUse = (all: Everything, level: Row) => byId(all.locations, level.location_id).is_active

/** The lines of the ledger in its order, each with what its movement says. */
const linesOf = (all: Everything): Row[] =>
  all.movements.flatMap((movement) =>
    movement.lines.map((line: Row) => ({ ...movement, ...line, movement_id: movement.id })),
  )

/** What a line did to a place, or to all places together. */
function changeOf({ from_location_id, to_location_id, quantity }: Row, location_id?: number): number {
  const isHere = (id: number | null) => (location_id === undefined ? id !== null : id === location_id)
  return (isHere(to_location_id) ? quantity : 0) - (isHere(from_location_id) ? quantity : 0)
}

/** The levels as the ledger had them at an instant, those of archived locations too. */
const levelsAt = (all: Everything, instant: string, clock: 'effective_at' | 'recorded_at'): Row[] =>
  all.stock
    .filter((level) => isIn(all, level))
    .map((level) => {
      const until = linesOf(all).filter((line) => line.product_id === level.product_id && line[clock] <= instant)
      const quantity = sum(until, (line) => changeOf(line, level.location_id))
      return { ...level, quantity, available: quantity, reserved: 0, status: statusOf(quantity, level.min_stock) }
    })

const CLOCKS: [Record<string, string>, string, 'effective_at' | 'recorded_at'][] = [
  [{}, '2025-03-03T12:00:00.000Z', 'effective_at'],
  [{ clock: 'recorded' }, '2025-03-05T12:00:00.000Z', 'recorded_at'],
  [{ clock: 'effective' }, '2025-03-02T11:59:59.999Z', 'effective_at'],
]

/** Levels now and at instants of the past, whichever of them are asked for. */
const nowAndThen = (all: Everything, isAsked: (level: Row) => boolean, path?: Asked['path']): Asked[] =>
  [
    { rows: all.stock.filter((level) => isIn(all, level) && isInUse(all, level)) },
    ...CLOCKS.map(([query, as_of, clock]) => ({ query: { ...query, as_of }, rows: levelsAt(all, as_of, clock) })),
  ].map(({ rows, ...asked }) => ({ ...asked, ...(path && { path }), rows: rows.filter(isAsked) }))

/** The lines of a product at a place, or at all of them, with the balance after each. */
function entriesOf(all: Everything, product_id: number, location_id?: number): Row[] {
  const isHere = (line: Row) =>
    location_id === undefined || [line.from_location_id, line.to_location_id].includes(location_id)
  let balance = 0
  return linesOf(all)
    .filter((line) => line.product_id === product_id && isHere(line))
    .map((line) => {
      const change = changeOf(line, location_id)
      balance += change
      const { movement_id, line_number, type, reason, reference, from_location_id, to_location_id } = line
      const { actor_id, reversal_of, effective_at, recorded_at } = line
      return {
        ...{ movement_id, line_number, type, reason, reference, from_location_id, to_location_id, change, balance },
        ...{ actor_id, reversal_of, effective_at, recorded_at },
      }
    })
}

const margin = (level: Row) => level.available - level.min_stock

/** The levels that are low or out, the furthest below their minimum first. */
const lowLevels = (all: Everything): Row[] =>
  all.stock
    .filter((level) => isIn(all, level) && isInUse(all, level) && margin(level) <= 0)
    .toSorted((x, y) => margin(x) - margin(y) || x.id - y.id)

const anyLine = (keeps: (line: Row, value: number) => boolean): Reading => ({
  values: ['1', '2', '3', '4'],
  keeps: ({ lines }, value) => lines.some((line: Row) => keeps(line, Number(value))),
})

/**
 * Every list of the document by its operation, and what the document does not say of it.
 * `test/contract/lists.test.ts` says what is missing here.
 */
export const LISTS: Record<string, List> = {
  listUsers: {
    asked: (all) => [{ rows: all.users }],
    filters: { q: words(['PENA', 'zoé', 'org', 'ruiz', 'alva b@'], 'username', 'email', 'first_name', 'last_name') },
    unique: ['username', 'email'],
  },
  listCategories: { asked: (all) => [{ rows: all.categories }], unique: ['name'] },
  listProducts: {
    asked: (all) => [{ rows: all.products }],
    filters: {
      q: words(['ARBOL', 'mesa', 't-1', '0131130', 'tórnillo 9'], 'name', 'sku', 'barcode', 'description'),
      stock_status: {
        keeps: ({ id }, value, all) => {
          const levels = all.stock.filter((level) => level.product_id === id)
          return (
            statusOf(
              sum(levels, (one) => one.available),
              sum(levels, (one) => one.min_stock),
            ) === value
          )
        },
      },
    },
    sorts: { name: (row) => folded(row.name), price: (row) => Number(row.price) },
    unique: ['sku'],
  },
  listLocations: { asked: (all) => [{ rows: all.locations }], unique: ['code', 'name'] },
  listStock: {
    asked: (all) => nowAndThen(all, () => true),
    filters: {
      category_id: {
        values: ['1', '2', '3'],
        keeps: (row, value, all) => byId(all.products, row.product_id).category_id === Number(value),
      },
    },
    sorts: { name: (row) => folded(row.product_name) },
  },
  listLowStock: { asked: (all) => [{ rows: lowLevels(all) }] },
  explainStock: {
    asked: (all) =>
      [
        [1, 1],
        [1, 2],
        [3, 1],
      ].map(([product_id = 0, location_id = 0]) => ({
        query: { product_id: String(product_id), location_id: String(location_id) },
        rows: entriesOf(all, product_id, location_id),
      })),
  },
  getProductStock: {
    asked: (all) => nowAndThen(all, (level) => level.product_id === 1, { product_id: 1 }),
    rowsIn: 'levels',
  },
  listProductMovements: {
    asked: (all) => [1, 2].map((id) => ({ path: { product_id: id }, rows: entriesOf(all, id).toReversed() })),
  },
  listMovements: {
    asked: (all) => [{ rows: all.movements }],
    filters: {
      product_id: anyLine((line, value) => line.product_id === value),
      location_id: anyLine((line, value) => [line.from_location_id, line.to_location_id].includes(value)),
    },
  },
}
