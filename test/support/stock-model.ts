/**
 * Stock as simple as it can be said: maps, and exact arithmetic of its own. It shares no code with the service, so that
 * what both agree on was worked out twice.
 */

export type MovementType = 'receipt' | 'issue' | 'transfer' | 'adjustment' | 'count'

/** What is wrong with a line on purpose. */
export type Fault = 'no-product' | 'decimals' | 'quantity' | 'destination' | 'cost' | 'field'

/** Quantities in thousandths, money in ten-thousandths. */
export interface LineRequest {
  product: number
  quantity: bigint
  location: number
  to?: number
  expected?: bigint
  cost?: bigint
  fault?: Fault
}

export interface Line {
  number: number
  product: number
  from: number | null
  to: number | null
  quantity: bigint
  value: bigint
}

export interface Entry extends Line {
  movement: number
  effective: string
  recorded: string
}

interface Flow extends Omit<Line, 'value'> {
  /** The value it comes with; undefined where the average gives it. */
  given: bigint | undefined
}

interface Movement {
  type: MovementType
  lines: Line[]
  reversed: boolean
  isReversal: boolean
}

export class Refusal {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    this.status = status
    this.code = code
  }
}

export interface Level {
  product: number
  location: number
  quantity: bigint
  min: bigint
}

export class StockModel {
  readonly decimals: Map<number, number>
  readonly levels = new Map<string, Level>()
  readonly totals = new Map<number, { quantity: bigint; value: bigint }>()
  readonly movements = new Map<number, Movement>()
  readonly entries: Entry[] = []
  readonly archived = new Set<number>()
  readonly main: number

  /** @param decimals of each product, which has an empty level at `main` */
  constructor(decimals: Map<number, number>, main: number) {
    this.decimals = decimals
    this.main = main
    for (const product of decimals.keys()) {
      this.totals.set(product, { quantity: 0n, value: 0n })
      this.#level(product, main)
    }
  }

  quantityOf(product: number, location: number): bigint {
    return this.levels.get(`${product}/${location}`)?.quantity ?? 0n
  }

  plan(type: MovementType, requests: LineRequest[]): Line[] | Refusal {
    // What the schema finds is found before the stock is looked at.
    const malformed = ({ fault }: LineRequest) => fault === 'field' || (fault === 'cost' && type === 'receipt')
    if (requests.some(malformed)) return new Refusal(422, 'validation_failed')
    const flows: Flow[] = []
    for (const [index, line] of requests.entries()) {
      const refusal = this.#refuse(line)
      if (refusal) return refusal
      flows.push(this.#flowOf(type, line, index + 1))
    }
    const places = requests.map((line) => `${line.product}/${line.location}`)
    if (type === 'count' && new Set(places).size < places.length) return new Refusal(422, 'validation_failed')
    const stale = (line: LineRequest) => this.quantityOf(line.product, line.location) !== line.expected
    if (requests.some((line) => line.expected !== undefined && stale(line))) return new Refusal(409, 'stock_changed')
    return this.#settle(type, flows)
  }

  planReversal(id: number): Line[] | Refusal {
    const movement = this.movements.get(id)
    if (movement === undefined) return new Refusal(404, 'not_found')
    if (movement.reversed || movement.isReversal) return new Refusal(409, 'already_reversed')
    const places = movement.lines.flatMap((line) => [line.from, line.to])
    if (places.some((place) => place !== null && this.archived.has(place))) return new Refusal(409, 'archived')
    const back = ({ value, from, to, ...line }: Line): Flow => ({ ...line, from: to, to: from, given: value })
    return this.#settle(movement.type, movement.lines.map(back))
  }

  apply(id: number, type: MovementType, lines: Line[], times: { effective: string; recorded: string }, of?: number) {
    const inside = lines.toSorted((a, b) => a.number - b.number)
    this.movements.set(id, { type, lines: inside, reversed: false, isReversal: of !== undefined })
    const original = of === undefined ? undefined : this.movements.get(of)
    if (original) original.reversed = true
    for (const line of lines) {
      const total = this.totals.get(line.product) as { quantity: bigint; value: bigint }
      if (line.from !== null) this.#level(line.product, line.from).quantity -= line.quantity
      if (line.to !== null) this.#level(line.product, line.to).quantity += line.quantity
      const sign = line.from === null ? 1n : line.to === null ? -1n : 0n
      total.quantity += sign * line.quantity
      total.value += sign * line.value
      this.entries.push({ ...line, ...times, movement: id })
    }
  }

  /** What a level was at an instant, by either clock; below zero where goods are said to have left before they came. */
  asOf(product: number, location: number, clock: 'effective' | 'recorded', instant: string): bigint {
    let quantity = 0n
    for (const entry of this.entries) {
      if (entry.product !== product || entry[clock] > instant) continue
      if (entry.to === location) quantity += entry.quantity
      if (entry.from === location) quantity -= entry.quantity
    }
    return quantity
  }

  #level(product: number, location: number): Level {
    const key = `${product}/${location}`
    const level = this.levels.get(key) ?? { product, location, quantity: 0n, min: 0n }
    this.levels.set(key, level)
    return level
  }

  #refuse(line: LineRequest): Refusal | undefined {
    if (line.fault === 'no-product' || line.fault === 'decimals') return new Refusal(422, 'validation_failed')
    if (this.archived.has(line.location)) return new Refusal(409, 'archived')
    if (line.fault !== undefined) return new Refusal(422, 'validation_failed')
    if (line.to !== undefined && this.archived.has(line.to)) return new Refusal(409, 'archived')
    return undefined
  }

  #flowOf(type: MovementType, line: LineRequest, number: number): Flow {
    const { product, location } = line
    const change =
      type === 'count'
        ? line.quantity - this.quantityOf(product, location)
        : type === 'issue'
          ? -line.quantity
          : line.quantity
    if (type === 'transfer')
      return { number, product, from: location, to: line.to as number, quantity: line.quantity, given: undefined }
    const given = line.cost === undefined ? undefined : rounded(line.quantity * line.cost, 1000n)
    return change >= 0n
      ? { number, product, from: null, to: location, quantity: change, given }
      : { number, product, from: location, to: null, quantity: -change, given: undefined }
  }

  #settle(type: MovementType, flows: Flow[]): Line[] | Refusal {
    const physical = type === 'adjustment' || type === 'count'
    for (const { product, from } of flows) {
      if (from === null) continue
      const here = flows.filter((flow) => flow.product === product)
      const sum = (some: Flow[]) => some.reduce((total, flow) => total + flow.quantity, 0n)
      const into = physical ? sum(here.filter((flow) => flow.to === from)) : 0n
      const out = sum(here.filter((flow) => flow.from === from))
      if (out > this.quantityOf(product, from) + into) return new Refusal(409, 'insufficient_stock')
    }
    const totals = new Map([...this.totals].map(([product, total]) => [product, { ...total }]))
    const ordered = [...flows.filter((flow) => flow.from === null), ...flows.filter((flow) => flow.from !== null)]
    return ordered.map(({ given, ...flow }) => {
      const total = totals.get(flow.product) as { quantity: bigint; value: bigint }
      const average = total.quantity === 0n ? 0n : rounded(total.value * flow.quantity, total.quantity)
      const value = worthOf(flow, given, average, total)
      const sign = flow.from === null ? 1n : flow.to === null ? -1n : 0n
      total.quantity += sign * flow.quantity
      total.value += sign * value
      return { ...flow, value }
    })
  }
}

function worthOf(
  flow: Omit<Flow, 'given'>,
  given: bigint | undefined,
  average: bigint,
  total: { quantity: bigint; value: bigint },
): bigint {
  if (flow.from !== null && flow.to !== null) return average
  if (flow.quantity === 0n) return 0n
  if (flow.from === null) return given ?? average
  if (flow.quantity === total.quantity) return total.value
  const wanted = given ?? average
  if (wanted > total.value) return total.value
  return wanted
}

/** The quotient of two numbers that are not negative, half rounded up. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator
  return 2n * (numerator - whole * denominator) >= denominator ? whole + 1n : whole
}
