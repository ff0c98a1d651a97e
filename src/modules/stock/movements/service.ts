import assert from 'node:assert/strict'
import type { Reader } from '../../../db/types.ts'
import { invalidField, Problem } from '../../../errors.ts'
import type { Effect } from '../../../http/effect.ts'
import { instantParameter, now, toInstant } from '../../../values/time.ts'
import * as repository from './repository.ts'
import { planMovement, planReversal } from './rules.ts'
import type { MovementQuery, NewMovement, NewReversal } from './schemas.ts'
import { levelKey, type PlannedLine, type StockState } from './state-rules.ts'

/** A movement as it was written, or as it would be; quantities in thousandths, values in ten-thousandths. */
export interface Outcome<Id extends number | null = number> {
  /** Its id is null as long as it is not written. */
  fields: repository.MovementFields & { id: Id }
  lines: PlannedLine[]
  /** The levels it touched, after it. */
  levels: repository.LevelRow[]
  state: StockState
}

/** What the movement goes back to, when it is the effect of a document. */
export interface Source {
  type: string
  id: number
}

/** Clocks differ a little between machines; further ahead than this is a mistake. */
const CLOCK_SKEW_MS = 300_000
const EARLIEST = '1970-01-01T00:00:00.000Z'

/**
 * Records a movement: all its lines, or nothing. Balances change with the lines, by triggers.
 *
 * @param source the document whose effect it is
 * @throws Problem `validation-failed`, `archived`, `stock-changed`, `insufficient-stock`
 * @see planMovement for the rules, migrations/0003-stock.ts for what the database holds by itself
 */
export async function recordMovement(effect: Effect, request: NewMovement, source?: Source): Promise<Outcome> {
  const { trx, actor } = effect
  const effectiveAt = effectiveAtOf(request)
  const state = await loadState(trx, productsOf(request), locationsOf(request), 'held')
  const lines = planMovement(request, state)
  const { type, reason = '', reference = '', note = '' } = request
  const origin = { source_type: source?.type ?? null, source_id: source?.id ?? null, reversal_of: null }
  const fields = { type, reason, reference, note, actor_id: actor.id, ...origin, ...instants(effectiveAt) }
  return await write(effect, fields, lines, state)
}

/** Works out what a movement would do, and writes nothing. @throws the same as `recordMovement` */
export async function previewMovement(reader: Reader, actorId: number, request: NewMovement): Promise<Outcome<null>> {
  const effectiveAt = effectiveAtOf(request)
  const state = await loadState(reader, productsOf(request), locationsOf(request), 'seen')
  const lines = planMovement(request, state)
  const { type, reason = '', reference = '', note = '' } = request
  const origin = { source_type: null, source_id: null, reversal_of: null }
  const fields = { id: null, type, reason, reference, note, actor_id: actorId, ...origin, ...instants(effectiveAt) }
  return { fields, lines, levels: levelsAfter(lines, state, fields.recorded_at), state }
}

/**
 * Takes a movement back by one that goes the other way. The ledger keeps both.
 *
 * @throws Problem `not-found`, `already-reversed`, `archived`, `insufficient-stock`
 */
export async function reverseMovement(
  effect: Effect,
  id: number,
  { reason = '', note = '' }: NewReversal,
): Promise<Outcome> {
  const { trx, actor } = effect
  const movement = await repository.lockMovement(trx, id)
  if (movement === undefined) throw noMovement(id)
  if (movement.reversal_of !== null) {
    throw new Problem(
      'already-reversed',
      'This movement is itself a reversal; record a new movement instead of reversing it.',
    )
  }
  const reversal = await repository.findReversal(trx, id)
  if (reversal !== undefined) {
    throw new Problem('already-reversed', `Movement ${reversal.id} has taken it back already.`, {
      members: { reversed_by: reversal.id },
    })
  }
  const rows = await repository.readLines(trx, { ids: [id] })
  const locations = rows
    .flatMap((row) => [row.from_location_id, row.to_location_id])
    .filter((location) => location !== null)
  const state = await loadState(trx, [...new Set(rows.map((row) => row.product_id))], locations, 'held')
  const { type } = movement
  const original = rows.map((row) => {
    const product = state.products.get(row.product_id)
    assert(product, 'the ledger names a product that is not there')
    return { ...row, product }
  })
  const lines = planReversal(
    type,
    original.map(({ product, from_location_id, to_location_id, quantity, value, line_number }) => ({
      product,
      from_location_id,
      to_location_id,
      quantity,
      value,
      line_number,
    })),
    state,
  )
  const origin = { source_type: null, source_id: null, reversal_of: id }
  const fields = {
    type,
    reason,
    reference: movement.reference,
    note,
    actor_id: actor.id,
    ...origin,
    ...instants(undefined),
  }
  return await write(effect, fields, lines, state)
}

export const noMovement = (id: number) => new Problem('not-found', `There is no movement ${id}.`)

async function write(
  effect: Effect,
  fields: repository.MovementFields,
  lines: PlannedLine[],
  state: LoadedState,
): Promise<Outcome> {
  const { trx } = effect
  const [movement] = await repository.insertMovement(trx, fields)
  assert(movement, 'a movement was not written')
  const ids = [...state.products.keys()]
  // Sent together; the balances are read after the lines have moved them.
  const [, rows] = await Promise.all([
    repository.insertLines(trx, movement.id, lines),
    repository.readLevels(trx, { ids }),
  ])
  const planned = levelsAfter(lines, state, fields.recorded_at)
  const found = new Map(rows.map((row) => [levelKey(row.product_id, row.location_id), row]))
  const levels = planned.map((level) => {
    const row = found.get(levelKey(level.product_id, level.location_id))
    assert(row?.quantity === level.quantity, 'a balance is not what its lines make')
    return row
  })
  const outcome = { fields: { ...fields, id: movement.id }, lines, levels, state }
  effect.changed({ resource: 'movement', id: movement.id, before: null, after: outcome.fields })
  return outcome
}

const instants = (effectiveAt: string | undefined) => {
  const recorded_at = now()
  return { effective_at: effectiveAt ?? recorded_at, recorded_at }
}

function effectiveAtOf({ effective_at }: NewMovement): string | undefined {
  if (effective_at === undefined) return undefined
  const instant = toInstant(effective_at)
  if (instant === undefined) throw invalidField('#/effective_at', 'is no instant that exists')
  if (instant < EARLIEST) throw invalidField('#/effective_at', `must not be before ${EARLIEST}`)
  if (Date.parse(instant) > Date.now() + CLOCK_SKEW_MS)
    throw invalidField('#/effective_at', 'must not be in the future: stock moves when it has moved')
  return instant
}

const productsOf = ({ lines }: NewMovement) => [...new Set(lines.map((line) => line.product_id))]

const locationsOf = ({ lines }: NewMovement) => [
  ...new Set(lines.flatMap((line) => [line.location_id, line.to_location_id]).filter((id) => id !== undefined)),
]

type LoadedState = StockState<repository.LevelRow>

/** Reads what a movement has to know; `held` keeps it as it is until the transaction ends. */
async function loadState(
  db: Reader,
  products: number[],
  locations: number[],
  mode: 'held' | 'seen',
): Promise<LoadedState> {
  const held = mode === 'held'
  // Sent together and carried out in this order: levels are read only once the products are held.
  const locate = held ? repository.shareLocations : repository.readLocations
  const [productRows, levelRows, found] = await Promise.all([
    (held ? repository.lockProducts : repository.readProducts)(db, { ids: products }),
    repository.readLevels(db, { ids: products }),
    locate(db, { ids: locations }),
  ])
  // The default changed hands while it was being read: the next statement sees the new one.
  const locationRows = found.some((row) => row.is_default) ? found : await locate(db, { ids: locations })
  return {
    products: new Map(productRows.map((row) => [row.id, row])),
    levels: new Map(levelRows.map((row) => [levelKey(row.product_id, row.location_id), row])),
    locations: new Map(locationRows.map((row) => [row.id, row])),
  }
}

/** The touched levels as the lines leave them, in the order of product and location. */
function levelsAfter(lines: PlannedLine[], state: LoadedState, recordedAt: string): repository.LevelRow[] {
  const levels = new Map<string, repository.LevelRow>()
  const at = (product_id: number, location_id: number) => {
    const key = levelKey(product_id, location_id)
    const known = state.levels.get(key)
    const fresh = {
      id: 0,
      product_id,
      location_id,
      quantity: 0,
      reserved: 0,
      min_stock: 0,
      reorder_quantity: 0,
      version: 1,
      updated_at: recordedAt,
    }
    const level = levels.get(key) ?? { ...(known ?? fresh), updated_at: recordedAt }
    levels.set(key, level)
    level.version += 1
    return level
  }
  for (const { product, from_location_id, to_location_id, quantity } of lines) {
    if (from_location_id !== null) at(product.id, from_location_id).quantity -= quantity
    if (to_location_id !== null) at(product.id, to_location_id).quantity += quantity
  }
  return [...levels.values()].sort((a, b) => a.product_id - b.product_id || a.location_id - b.location_id)
}

const INSTANTS = ['effective_from', 'effective_before', 'recorded_from', 'recorded_before'] as const

/** A query with its instants in the form that is kept. @throws Problem `invalid-parameter` */
export function withInstants(query: MovementQuery): MovementQuery {
  const instants = INSTANTS.map((name) => [name, instantParameter(name, query[name])])
  return { ...query, ...Object.fromEntries(instants) }
}
