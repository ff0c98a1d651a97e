import assert from 'node:assert/strict'
import type { Compilable, CompiledQuery } from 'kysely'
import type { Reader } from './types.ts'

/** Stands for a value that is known only when a prepared query runs. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

const placeholders = new Proxy({} as Record<string, Placeholder>, {
  get: (_target, name) => new Placeholder(String(name)),
})

const names = new WeakMap<object, string>()

/**
 * The name under which PostgreSQL keeps a prepared query, if it is one. Those that have one are quick: they read their
 * rows through an index and few besides, so that others may wait for them on the same connection.
 */
export const statementNameOf = (query: CompiledQuery): string | undefined => names.get(query.queryId)

interface Compiled {
  query: CompiledQuery
  parameters: readonly unknown[]
}

function compile(query: CompiledQuery, name: string | undefined): Compiled {
  if (name !== undefined) names.set(query.queryId, name)
  return { query, parameters: query.parameters }
}

async function run<Values extends object, Row>(handle: Reader, compiled: Compiled, values: Values): Promise<Row[]> {
  const parameters = compiled.parameters.map((parameter) =>
    parameter instanceof Placeholder ? required(values, parameter.name) : parameter,
  )
  const result = await handle.getExecutor().executeQuery<Row>({ ...compiled.query, parameters } as CompiledQuery<Row>)
  return result.rows
}

/**
 * A query that is built and compiled once per engine and then only run with new values; the hot ones are written so.
 * On PostgreSQL it is also prepared under `name` on each connection. It must be quick: find its rows by their keys.
 *
 * @param name unique, at most 50 bytes
 * @param build makes the query; every value in `values` is a stand-in, so `build` must not look at it
 * @returns a function that runs the query with the given handle and values
 */
export function prepared<Values extends object, Row>(
  name: string,
  build: (db: Reader, values: Values) => Compilable<Row>,
): (handle: Reader, values: Values) => Promise<Row[]> {
  const known = new WeakMap<object, Compiled>()
  return (handle, values) => {
    const { adapter } = handle.getExecutor()
    let compiled = known.get(adapter)
    if (compiled === undefined) {
      compiled = compile(build(handle, placeholders as Values).compile(), name)
      known.set(adapter, compiled)
    }
    return run(handle, compiled, values)
  }
}

/** Compiled queries of one family kept per engine; the oldest goes when a new shape comes. */
const FAMILY_SIZE = 200

/**
 * Queries that are alike but for their shape (which filters, which order), each compiled when its shape first comes.
 *
 * @param nameOf the name under which PostgreSQL keeps a shape's plan, at most 50 bytes and unique with the shape; a page
 * in the order of an index, or as quick. Undefined where it had better plan each run for its values: what is kept for any
 * values is often bad for some
 * @param build like that of `prepared`; it may look at `shape`, whose members decide the text of the query
 * @returns a function that runs the query of a shape with the given handle and values
 */
export function preparedFamily<Shape extends object, Values extends object, Row>(
  nameOf: (shape: Shape) => string | undefined,
  build: (db: Reader, shape: Shape, values: Values) => Compilable<Row>,
): (handle: Reader, shape: Shape, values: Values) => Promise<Row[]> {
  const known = new WeakMap<object, Map<string, Compiled>>()
  return (handle, shape, values) => {
    const { adapter } = handle.getExecutor()
    const family = known.get(adapter) ?? new Map<string, Compiled>()
    known.set(adapter, family)
    const key = JSON.stringify(shape)
    let compiled = family.get(key)
    if (compiled === undefined) {
      compiled = compile(build(handle, shape, placeholders as Values).compile(), nameOf(shape))
      if (family.size >= FAMILY_SIZE) family.delete(family.keys().next().value as string)
      family.set(key, compiled)
    }
    return run(handle, compiled, values)
  }
}

/** A value that is absent would silently become null. */
function required<Values extends object>(values: Values, name: string): unknown {
  const value = values[name as keyof Values]
  assert(value !== undefined, `a prepared query misses its value ${name}`)
  return value
}
