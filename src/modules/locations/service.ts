import assert from 'node:assert/strict'
import { Problem, taken } from '../../errors.ts'
import type { Effect } from '../../http/effect.ts'
import { isUnchanged } from '../../values/changes.ts'
import { identityKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import type { Location, LocationPatch, NewLocation } from './schemas.ts'
import { toLocation } from './view.ts'

/** More requests than this do not change the default at the same instant. */
const TURNS = 20

export const noLocation = (id: number) => new Problem('not-found', `There is no location ${id}.`)

/** @throws Problem `conflict` when the code or the name is taken */
export async function createLocation(effect: Effect, { code, name }: NewLocation): Promise<Location> {
  const keys = keysOf({ code, name })
  await requireFree(effect, keys)
  const created_at = now()
  const row = await repository.insertLocation(effect.trx, { code, name, ...keys, created_at, updated_at: created_at })
  const location = toLocation(row)
  effect.changed({ resource: 'location', id: row.id, before: null, after: location })
  return location
}

/**
 * Changes the fields that are given; a patch that changes nothing makes no new version.
 *
 * @throws Problem `not-found`, `precondition-failed`, `conflict`
 */
export async function changeLocation(effect: Effect, id: number, patch: LocationPatch): Promise<Location> {
  const location = await hold(effect, id)
  if (isUnchanged(location, patch)) return toLocation(location)
  const { code = location.code, name = location.name } = patch
  const keys = keysOf({ code, name })
  await requireFree(effect, keys, id)
  return await update(effect, location, { code, name, ...keys })
}

/** Makes a location the one that is meant where none is named. @throws Problem `not-found`, `archived` */
export async function makeDefault(effect: Effect, id: number): Promise<Location> {
  const location = await hold(effect, id)
  if (location.is_default) return toLocation(location)
  if (!location.is_active)
    throw new Problem('archived', 'An archived location cannot be the default; restore it first.')
  let former: repository.LocationRow | undefined
  // Who waited for another request to do the same finds the old default no longer one; the next statement sees the new.
  for (let turn = 0; turn < TURNS && former === undefined; turn += 1) {
    former = await repository.lockDefault(effect.trx)
  }
  assert(former, 'there is no default location')
  await update(effect, former, { is_default: false })
  return await update(effect, location, { is_default: true })
}

/** Takes an empty location out of use; what the ledger says of it stays. @throws Problem `not-found`, `in-use` */
export async function archiveLocation(effect: Effect, id: number): Promise<Location> {
  const location = await hold(effect, id)
  if (!location.is_active) return toLocation(location)
  if (location.is_default)
    throw new Problem('in-use', 'This is the default location; make another one the default first.')
  const levels = await repository.countOccupiedLevels(effect.trx, id)
  if (levels > 0) {
    throw new Problem('in-use', `Stock of ${levels} products is still here; move it elsewhere first.`, {
      members: { products: levels },
    })
  }
  return await update(effect, location, { is_active: false })
}

/** @throws Problem `not-found` */
export async function restoreLocation(effect: Effect, id: number): Promise<Location> {
  const location = await hold(effect, id)
  return location.is_active ? toLocation(location) : await update(effect, location, { is_active: true })
}

/** Removes a location that never held anything. @throws Problem `not-found`, `precondition-failed`, `in-use` */
export async function removeLocation(effect: Effect, id: number): Promise<void> {
  const location = await hold(effect, id)
  if (location.is_default)
    throw new Problem('in-use', 'This is the default location; make another one the default first.')
  if (await repository.isLocationNamed(effect.trx, id)) throw stillNamed()
  // A movement that comes in between names it, and then its rows hold it.
  effect.explain('reference', async () => stillNamed())
  await repository.deleteLocation(effect.trx, id)
  effect.changed({ resource: 'location', id, before: toLocation(location), after: null })
}

const stillNamed = () => new Problem('in-use', 'Stock has been here, so the ledger names it; archive it instead.')

/** A location that the caller knows as it is, held until the transaction ends. */
async function hold({ trx, requireVersion }: Effect, id: number): Promise<repository.LocationRow> {
  const location = await repository.lockLocation(trx, id)
  if (location === undefined) throw noLocation(id)
  requireVersion(location.version)
  return location
}

async function update(
  effect: Effect,
  before: repository.LocationRow,
  changes: Parameters<typeof repository.updateLocation>[3],
): Promise<Location> {
  const { id, version } = before
  const row = await repository.updateLocation(effect.trx, id, version, { ...changes, updated_at: now() })
  const after = toLocation(row)
  effect.changed({ resource: 'location', id, before: toLocation(before), after })
  return after
}

interface Keys {
  code_key: string
  name_key: string
}

const keysOf = ({ code, name }: { code: string; name: string }): Keys => ({
  code_key: identityKey(code),
  name_key: identityKey(name),
})

const requireFree = (effect: Effect, { code_key, name_key }: Keys, ownId = 0) =>
  effect.requireUnique(['locations_code_key_unique', 'locations_name_key_unique'], async (db) => {
    const other = await repository.findLocationLike(db, code_key, name_key, ownId)
    if (other === undefined) return undefined
    const field = other.code_key === code_key ? 'code' : 'name'
    const detail = `Location ${other.id} has this ${field}. Case and white space do not make another one.`
    return taken(`#/${field}`, detail, other.id)
  })
