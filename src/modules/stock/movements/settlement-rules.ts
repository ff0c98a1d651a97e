import { invalidField, Problem } from '../../../errors.ts'
import { fromAmount, MAX_VALUE, shareOf } from '../../../values/money.ts'
import { fromThousandths, MAX_THOUSANDTHS, MAX_UNITS } from '../../../values/quantity.ts'
import type { MovementType } from './schemas.ts'
import { type Flow, levelKey, levelOf, type PlannedLine, type ProductState, type StockState } from './state-rules.ts'

/** Types that record what is found, whatever was promised; the others take only what is available. */
const PHYSICAL: ReadonlySet<MovementType> = new Set(['adjustment', 'count'])

/**
 * Checks the flows of all lines together, and gives each its value.
 *
 * @returns lines in the order in which they are to be applied: what comes in before what goes out
 * @throws Problem `insufficient-stock`, `validation-failed` when a sum is beyond what can be kept
 */
export function settle(type: MovementType, flows: Flow[], state: StockState): PlannedLine[] {
  requireStock(type, flows, state)
  const incoming = flows.filter((flow) => flow.from_location_id === null)
  const outgoing = flows.filter((flow) => flow.from_location_id !== null)
  return valued([...incoming, ...outgoing])
}

interface Balance {
  product: ProductState
  location_id: number
  into: number
  out: number
  pointers: Flow['pointer'][]
}

function requireStock(type: MovementType, flows: Flow[], state: StockState): void {
  const balances = balancesOf(flows)
  const short: Balance[] = []
  for (const balance of balances) {
    const { quantity, reserved } = levelOf(state, balance.product.id, balance.location_id)
    // What comes in by the same movement is there for a correction to take, but was not there to be promised away.
    const takeable = PHYSICAL.has(type) ? quantity + balance.into : quantity - reserved
    if (balance.out > takeable) short.push(balance)
    // Lines are applied one after another, so a level is full even when a later line would make room again.
    if (quantity + balance.into > MAX_THOUSANDTHS)
      throw tooMuch(balance.pointers[0], `makes a level beyond ${MAX_UNITS}, the most that is kept`)
  }
  const [first] = short
  if (first !== undefined) throw insufficient(type, short, first, state)
}

function balancesOf(flows: Flow[]): Balance[] {
  const balances = new Map<string, Balance>()
  const at = (flow: Flow, location_id: number) => {
    const key = levelKey(flow.product.id, location_id)
    const balance = balances.get(key) ?? { product: flow.product, location_id, into: 0, out: 0, pointers: [] }
    balances.set(key, balance)
    balance.pointers.push(flow.pointer)
    return balance
  }
  for (const flow of flows) {
    if (flow.from_location_id !== null) at(flow, flow.from_location_id).out += flow.quantity
    if (flow.to_location_id !== null) at(flow, flow.to_location_id).into += flow.quantity
  }
  return [...balances.values()]
}

const tooMuch = (pointer: Flow['pointer'] | undefined, detail: string): Problem =>
  invalidField(pointer ? `${pointer}/quantity` : '#', detail)

function insufficient(type: MovementType, short: Balance[], first: Balance, state: StockState): Problem {
  const shortageOf = ({ product, location_id, into, out }: Balance) => {
    const { quantity, reserved } = levelOf(state, product.id, location_id)
    const physical = PHYSICAL.has(type)
    return {
      product_id: product.id,
      sku: product.sku,
      location_id,
      requested: fromThousandths(physical ? out - into : out),
      available: fromThousandths(physical ? quantity : quantity - reserved),
    }
  }
  const errors = short.flatMap((balance) =>
    balance.pointers
      .filter((pointer) => pointer !== null)
      .map((pointer) => ({
        pointer: `${pointer}/quantity`,
        detail: `only ${shortageOf(balance).available} available`,
      })),
  )
  const { sku, location_id, requested, available } = shortageOf(first)
  const place = state.locations.get(location_id)?.code ?? location_id
  const detail = `Only ${available} of ${sku} are available at ${place}, ${requested} were asked for. Nothing was written.`
  return new Problem('insufficient-stock', detail, {
    ...(errors.length > 0 ? { errors } : {}),
    members: { shortages: short.map(shortageOf) },
  })
}

/**
 * Gives each flow its value, in order: receipts what they cost, everything else its part of the moving average. A value
 * that a reversal brings along is kept where it can be; quantity 0 always has value 0.
 */
function valued(flows: Flow[]): PlannedLine[] {
  const totals = new Map<number, { quantity: number; value: number }>()
  return flows.map(({ pointer, value: given, ...line }) => {
    const total = totals.get(line.product.id) ?? { quantity: line.product.quantity, value: line.product.value }
    totals.set(line.product.id, total)
    const share = shareOf(total.value, line.quantity, total.quantity)
    if (line.from_location_id !== null && line.to_location_id !== null) return { ...line, value: share }
    if (line.from_location_id === null) {
      const value = line.quantity === 0 ? 0 : (given ?? share)
      total.quantity += line.quantity
      total.value += value
      if (total.value > MAX_VALUE)
        throw tooMuch(
          pointer,
          `makes a stock worth more than ${fromAmount(MAX_VALUE)}, the most that can be kept exactly`,
        )
      return { ...line, value }
    }
    const value = line.quantity === total.quantity ? total.value : Math.min(given ?? share, total.value)
    total.quantity -= line.quantity
    total.value -= value
    return { ...line, value }
  })
}
