import assert from 'node:assert/strict'
import { type FieldError, invalidField, Problem } from '../../../errors.ts'
import { fromAmount, MAX_VALUE, toAmount, valueAt } from '../../../values/money.ts'
import { exactly, fromThousandths } from '../../../values/quantity.ts'
import type { MovementType, NewMovement, NewMovementLine } from './schemas.ts'
import { settle } from './settlement-rules.ts'
import {
  type Flow,
  type LocationState,
  levelKey,
  levelOf,
  type PlannedLine,
  type ProductState,
  type StockState,
} from './state-rules.ts'

/**
 * Works out the lines of a movement. Pure: the same state and request give the same lines.
 *
 * @returns lines in the order in which they are to be applied: what comes in before what goes out
 * @throws Problem `validation-failed`, `archived`, `stock-changed`, `insufficient-stock`
 */
export function planMovement(request: NewMovement, state: StockState): PlannedLine[] {
  const flows = request.lines.map((line, index) => toFlow(request.type, line, index, state))
  if (request.type === 'count') refuseDoubleCounts(flows)
  requireExpected(request.lines, flows, state)
  return settle(request.type, flows, state)
}

/**
 * Works out the lines that take a movement back: each line the other way round, at the value it carried.
 *
 * @throws Problem `archived`, `insufficient-stock`
 */
export function planReversal(type: MovementType, lines: PlannedLine[], state: StockState): PlannedLine[] {
  const flows = lines.map((line) => {
    if (!line.product.is_active) throw archivedProduct(line.product)
    const [from_location_id, to_location_id] = [line.to_location_id, line.from_location_id]
    return { ...line, from_location_id, to_location_id, pointer: null }
  })
  for (const { from_location_id, to_location_id } of flows) {
    for (const id of [from_location_id, to_location_id]) {
      const location = id === null ? undefined : state.locations.get(id)
      if (location && !location.is_active)
        throw new Problem('archived', `Location ${location.code} is archived; restore it first.`)
    }
  }
  return settle(type, flows, state)
}

function toFlow(type: MovementType, line: NewMovementLine, index: number, state: StockState): Flow {
  const pointer = `#/lines/${index}`
  const product = state.products.get(line.product_id)
  if (product === undefined) throw invalidField(`${pointer}/product_id`, `there is no product ${line.product_id}`)
  if (!product.is_active) throw archivedProduct(product)
  const quantity = exactly(line.quantity, product, `${pointer}/quantity`)
  const location = locationOf(line.location_id, `${pointer}/location_id`, state)
  requireFields(type, line, quantity, pointer)
  const common = { product, pointer, line_number: index + 1, value: undefined }
  const into = { ...common, from_location_id: null, to_location_id: location.id }
  const out = { ...common, from_location_id: location.id, to_location_id: null }
  switch (type) {
    case 'receipt':
      return { ...into, quantity, value: costOf(line, quantity, pointer) }
    case 'issue':
      return { ...out, quantity }
    case 'adjustment':
      return quantity > 0 ? { ...into, quantity } : { ...out, quantity: -quantity }
    case 'count': {
      const difference = quantity - levelOf(state, product.id, location.id).quantity
      return difference >= 0 ? { ...into, quantity: difference } : { ...out, quantity: -difference }
    }
    case 'transfer': {
      const to = locationOf(line.to_location_id, `${pointer}/to_location_id`, state)
      if (to.id === location.id)
        throw invalidField(`${pointer}/to_location_id`, 'must be another location than the one it leaves')
      return { ...out, to_location_id: to.id, quantity }
    }
  }
}

function requireFields(type: MovementType, line: NewMovementLine, quantity: number, pointer: string): void {
  if (type === 'count' ? quantity < 0 : type === 'adjustment' ? quantity === 0 : quantity <= 0) {
    const wanted =
      type === 'count'
        ? 'must be 0 or more: it is what was counted'
        : type === 'adjustment'
          ? 'must not be 0'
          : 'must be more than 0'
    throw invalidField(`${pointer}/quantity`, wanted)
  }
  if (type === 'transfer' && line.to_location_id === undefined)
    throw invalidField(`${pointer}/to_location_id`, 'is required for a transfer')
  if (type !== 'transfer' && line.to_location_id !== undefined)
    throw invalidField(`${pointer}/to_location_id`, 'is only for a transfer')
  if (type !== 'receipt' && line.unit_cost !== undefined)
    throw invalidField(`${pointer}/unit_cost`, 'is only for a receipt')
}

function locationOf(id: number | undefined, pointer: string, { locations }: StockState): LocationState {
  const location =
    id === undefined ? [...locations.values()].find((candidate) => candidate.is_default) : locations.get(id)
  if (location === undefined)
    throw invalidField(
      pointer,
      id === undefined ? 'is required: there is no default location' : `there is no location ${id}`,
    )
  if (!location.is_active)
    throw new Problem('archived', `Location ${location.code} is archived; restore it first.`, {
      errors: [{ pointer, detail: 'is archived' }],
    })
  return location
}

function costOf(line: NewMovementLine, quantity: number, pointer: string): number | undefined {
  if (line.unit_cost === undefined) return undefined
  const value = valueAt(quantity, toAmount(line.unit_cost))
  if (value === undefined)
    throw invalidField(
      `${pointer}/unit_cost`,
      `makes a value beyond ${fromAmount(MAX_VALUE)}, the most that can be kept exactly`,
    )
  return value
}

const archivedProduct = (product: ProductState) =>
  new Problem('archived', `Product ${product.sku} is archived; restore it first.`, {
    members: { product_id: product.id },
  })

function placeOf(flow: Flow): number {
  const location_id = flow.from_location_id ?? flow.to_location_id
  assert(location_id !== null, 'a line goes from outside to outside')
  return location_id
}

function refuseDoubleCounts(flows: Flow[]): void {
  const seen = new Set<string>()
  for (const [index, flow] of flows.entries()) {
    const key = levelKey(flow.product.id, placeOf(flow))
    if (seen.has(key))
      throw invalidField(`#/lines/${index}/product_id`, 'is counted at this location by another line already')
    seen.add(key)
  }
}

function requireExpected(lines: NewMovementLine[], flows: Flow[], state: StockState): void {
  const errors: FieldError[] = []
  for (const [index, flow] of flows.entries()) {
    const quantityBefore = lines[index]?.expected_quantity
    if (quantityBefore === undefined) continue
    const pointer = `#/lines/${index}/expected_quantity`
    const expected = exactly(quantityBefore, flow.product, pointer)
    const { quantity } = levelOf(state, flow.product.id, placeOf(flow))
    if (expected !== quantity) errors.push({ pointer, detail: `the level is ${fromThousandths(quantity)}` })
  }
  if (errors.length > 0)
    throw new Problem(
      'stock-changed',
      'A level is not what you expected; nothing was written. Look again, then repeat.',
      { errors },
    )
}
