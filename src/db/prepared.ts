import assert from 'node:assert/strict'
import type { Compilable, CompiledQuery } from 'kysely'
import { StandIn, type StandIns, standIns } from './stand-in.ts'
import type { Engine, Reader, Writer } from './types.ts'

const names = new WeakMap<object, string>()

/**
 * The name under which PostgreSQL keeps a prepared query, if it is one. Those that have one are quick: they read their
 * rows through an index and few besides, so that others may wait for them on the same connection.
 */
export const statementNameOf = (query: CompiledQuery): string | undefined => names.get(query.queryId)

/** A query as it is written for review, with the shape that decides its text. */
export interface QueryText {
  name: string
  shape: object | undefined
  sql: string
}

type Describe = (db: Writer, engine: Engine) => QueryText[]

const known: Describe[] = []

/** The texts of all prepared queries of the modules loaded so far, of families in their samples; by name, then as given. */
export const describeQueries = (db: Writer, engine: Engine): QueryText[] =>
  known.flatMap((describe) => describe(db, engine)).sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1))

type Build<Handle, Values, Row> = (db: Handle, values: StandIns<Values>) => Compilable<Row>
type Run<Handle, Values, Row> = (handle: Handle, values: Values) => Promise<Row[]>

/**
 * A query that is built and compiled once per engine and then only run with new values; the hot ones are written so.
 * On PostgreSQL it is also prepared under `name` on each connection. It must be quick: find its rows by their keys.
 *
 * @param name unique, at most 50 bytes
 * @param build makes the query; every value in `values` is a stand-in, a part of the query and nothing else
 * @returns a function that runs the query with the given handle and values
 */
export function prepared<Values extends object, Row>(
  name: string,
  build: Build<Reader, Values, Row>,
): Run<Reader, Values, Row> {
  known.push((db) => [{ name, shape: undefined, sql: build(db, standIns()).compile().sql }])
  return compiledOnce(name, build)
}

/** Like `prepared`, for a statement that writes. */
export function preparedWrite<Values extends object, Row>(
  name: string,
  build: Build<Writer, Values, Row>,
): Run<Writer, Values, Row> {
  known.push((db) => [{ name, shape: undefined, sql: build(db, standIns()).compile().sql }])
  return compiledOnce(name, build)
}

function compiledOnce<Handle extends Reader, Values extends object, Row>(
  name: string,
  build: Build<Handle, Values, Row>,
): Run<Handle, Values, Row> {
  const compiled = new WeakMap<object, CompiledQuery<Row>>()
  return (handle, values) => {
    const { adapter } = handle.getExecutor()
    let query = compiled.get(adapter)
    if (query === undefined) {
      query = named(build(handle, standIns()).compile(), name)
      compiled.set(adapter, query)
    }
    return run(handle, query, values)
  }
}

/** Compiled queries of one family kept per engine; the oldest goes when a new shape comes. */
const FAMILY_SIZE = 200

/** Queries that are alike but for their shape. */
interface Family<Handle, Shape, Values, Row> {
  /**
   * The name under which PostgreSQL keeps a shape's plan, at most 50 bytes and unique with the shape; a page in the order
   * of an index, or as quick. Undefined where it had better plan each run for its values: what is kept for any values is
   * often bad for some.
   */
  nameOf(shape: Shape): string | undefined
  /** The shapes whose text is committed for review: all, or enough that each branch of `build` is in one. */
  samples(engine: Engine): Shape[]
  /** Like that of `prepared`; it may look at `shape`, whose members decide the text of the query. */
  build(db: Handle, shape: Shape, values: StandIns<Values>): Compilable<Row>
}

type RunShape<Handle, Shape, Values, Row> = (handle: Handle, shape: Shape, values: Values) => Promise<Row[]>

/**
 * Queries that are alike but for their shape (which filters, which order), each compiled when its shape first comes.
 *
 * @param name of the family, unique
 * @returns a function that runs the query of a shape with the given handle and values
 */
export function preparedFamily<Shape extends object, Values extends object, Row>(
  name: string,
  family: Family<Reader, Shape, Values, Row>,
): RunShape<Reader, Shape, Values, Row> {
  known.push((db, engine) =>
    family.samples(engine).map((shape) => ({ name, shape, sql: family.build(db, shape, standIns()).compile().sql })),
  )
  return compiledByShape(family)
}

/** Like `preparedFamily`, for statements that write. */
export function preparedWriteFamily<Shape extends object, Values extends object, Row>(
  name: string,
  family: Family<Writer, Shape, Values, Row>,
): RunShape<Writer, Shape, Values, Row> {
  known.push((db, engine) =>
    family.samples(engine).map((shape) => ({ name, shape, sql: family.build(db, shape, standIns()).compile().sql })),
  )
  return compiledByShape(family)
}

function compiledByShape<Handle extends Reader, Shape extends object, Values extends object, Row>({
  nameOf,
  build,
}: Family<Handle, Shape, Values, Row>): RunShape<Handle, Shape, Values, Row> {
  const engines = new WeakMap<object, Map<string, CompiledQuery<Row>>>()
  return (handle, shape, values) => {
    const { adapter } = handle.getExecutor()
    const compiled = engines.get(adapter) ?? new Map<string, CompiledQuery<Row>>()
    engines.set(adapter, compiled)
    const key = JSON.stringify(shape)
    let query = compiled.get(key)
    if (query === undefined) {
      query = named(build(handle, shape, standIns()).compile(), nameOf(shape))
      const [oldest] = compiled.keys()
      if (compiled.size >= FAMILY_SIZE && oldest !== undefined) compiled.delete(oldest)
      compiled.set(key, query)
    }
    return run(handle, query, values)
  }
}

function named<Row>(query: CompiledQuery<Row>, name: string | undefined): CompiledQuery<Row> {
  if (name !== undefined) names.set(query.queryId, name)
  return query
}

async function run<Row>(handle: Reader, query: CompiledQuery<Row>, values: object): Promise<Row[]> {
  const parameters = query.parameters.map((parameter) =>
    parameter instanceof StandIn ? required(values, parameter) : parameter,
  )
  const result = await handle.getExecutor().executeQuery<Row>({ ...query, parameters })
  return result.rows
}

/** A value that is absent would silently become null. */
function required(values: object, standIn: StandIn<unknown>): unknown {
  const value = standIn.valueAmong(values)
  assert(value !== undefined, `a prepared query misses its value ${standIn.path.join('.')}`)
  return value
}
