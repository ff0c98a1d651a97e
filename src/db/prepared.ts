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

/** The name under which PostgreSQL keeps a prepared query, if it is one. */
export const statementNameOf = (query: CompiledQuery): string | undefined => names.get(query.queryId)

interface Compiled {
  query: CompiledQuery
  parameters: readonly unknown[]
}

/**
 * A query that is built and compiled once per engine and then only run with new values; the hot ones are written so.
 * On PostgreSQL it is also prepared under `name` on each connection.
 *
 * @param name unique, at most 50 bytes
 * @param build makes the query; every value in `values` is a stand-in, so `build` must not look at it
 * @returns a function that runs the query with the given handle and values
 */
export function prepared<Values extends object, Row>(
  name: string,
  build: (db: Reader, values: Values) => Compilable<Row>,
): (handle: Reader, values: Values) => Promise<Row[]> {
  const compiled = new WeakMap<object, Compiled>()
  return async (handle, values) => {
    const executor = handle.getExecutor()
    let entry = compiled.get(executor.adapter)
    if (entry === undefined) {
      const query = build(handle, placeholders as Values).compile()
      entry = { query, parameters: query.parameters }
      names.set(query.queryId, name)
      compiled.set(executor.adapter, entry)
    }
    const parameters = entry.parameters.map((parameter) =>
      parameter instanceof Placeholder ? required(values, parameter.name) : parameter,
    )
    const result = await executor.executeQuery<Row>({ ...entry.query, parameters } as CompiledQuery<Row>)
    return result.rows
  }
}

/** A value that is absent would silently become null. */
function required<Values extends object>(values: Values, name: string): unknown {
  const value = values[name as keyof Values]
  assert(value !== undefined, `a prepared query misses its value ${name}`)
  return value
}
