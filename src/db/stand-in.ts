import { type Expression, type OperationNode, ValueNode } from 'kysely'

/**
 * Stands for a value that is known only when a prepared query runs. It is an expression of SQL and nothing else: it is
 * always truthy and equals nothing, so that `!value`, `value > 0` or `${value}` would decide, once and for all, what a
 * query is for any value. Types refuse most of that, and `npm run check` the rest; what decides the text of a query
 * belongs into its shape.
 */
export class StandIn<out T> implements Expression<T> {
  /** Where the value is among those of a run: a name, or the names that lead to it. */
  readonly path: readonly (string | number)[]

  constructor(path: readonly (string | number)[]) {
    this.path = path
  }

  get expressionType(): T | undefined {
    return undefined
  }

  toOperationNode(): OperationNode {
    return ValueNode.create(this)
  }

  /** @returns undefined when it is absent */
  valueAmong(values: object): unknown {
    let value: unknown = values
    for (const name of this.path) value = Reflect.get(Object(value), name)
    return value
  }

  /** @throws TypeError */
  [Symbol.toPrimitive](): never {
    throw new TypeError(`${this.path.join('.')} is known only when the query runs, so nothing can be made of it before`)
  }
}

/** Stand-ins for values; for those that may be absent too, which the shape tells. */
export type StandIns<Values> = { readonly [Name in keyof Values]-?: StandIn<Exclude<Values[Name], undefined>> }

export const standIns = <Values extends object>(path: readonly (string | number)[] = []): StandIns<Values> =>
  // A proxy has every member that it is asked for, which no type of its own can say.
  new Proxy({} as StandIns<Values>, { get: (_target, name) => new StandIn([...path, String(name)]) })

/** Stand-ins for the elements of a list, whose number the shape tells. */
export const elementsOf = <T>(list: StandIn<readonly T[]>, count: number): StandIn<T>[] =>
  Array.from({ length: count }, (_, index) => new StandIn<T>([...list.path, index]))

/** Stand-ins for the members of an object. */
export const membersOf = <T extends object>(object: StandIn<T>): StandIns<T> => standIns<T>(object.path)
