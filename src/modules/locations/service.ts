import { violatedConstraint } from '../../db/dialect.ts'
import type { Store, Writer } from '../../db/types.ts'
import { Problem } from '../../errors.ts'
import { identityKey } from '../../values/text.ts'
import { now } from '../../values/time.ts'
import * as repository from './repository.ts'
import type { Location, LocationPatch, NewLocation } from './schemas.ts'

/** More requests than this do not change the default at the same instant. */
const TURNS = 20

type RequireVersion = (version: number) => void

export const toLocation = ({ code_key: _code, name_key: _name, ...location }: repository.LocationRow): Location =>
  location

export const noLocation = (id: number) => new Problem('not-found', `There is no location ${id}.`)

/** @throws Problem `conflict` when the code or the name is taken */
export async function createLocation(trx: Writer, { code, name }: NewLocation): Promise<Location> {
  const created_at = now()
  const keys = { code_key: identityKey(code), name_key: identityKey(name) }
  // Looked for first: an insert that is refused takes an id of PostgreSQL's sequence with it.
  if (await repository.findLocationLike(trx, keys.code_key, keys.name_key, 0)) throw await taken(trx, keys, 0)
  const row = await repository.insertLocation(trx, { code, name, ...keys, created_at, updated_at: created_at })
  if (row === undefined) throw await taken(trx, keys, 0)
  return toLocation(row)
}

/** @throws Problem `not-found`, `precondition-failed`, `conflict` */
export async function changeLocation(
  store: Store,
  id: number,
  patch: LocationPatch,
  requireVersion: RequireVersion,
): Promise<Location> {
  try {
    return await store.write(async (trx) => {
      const location = await lock(trx, id, requireVersion)
      const { code = location.code, name = location.name } = patch
      const keys = { code_key: identityKey(code), name_key: identityKey(name) }
      if (await repository.findLocationLike(trx, keys.code_key, keys.name_key, id)) throw await taken(trx, keys, id)
      return toLocation(
        await repository.updateLocation(trx, id, location.version, { code, name, ...keys, updated_at: now() }),
      )
    })
  } catch (error) {
    // Two requests may both find the name free; the index lets one of them have it.
    if (violatedConstraint(error)?.startsWith('locations_'))
      throw new Problem('conflict', 'Another location has this code or this name.')
    throw error
  }
}

/** Makes a location the one that is meant where none is named. @throws Problem `not-found`, `archived` */
export async function makeDefault(trx: Writer, id: number): Promise<Location> {
  const location = await lock(trx, id)
  if (location.is_default) return toLocation(location)
  if (!location.is_active)
    throw new Problem('archived', 'An archived location cannot be the default; restore it first.')
  const updated_at = now()
  // Who waited for another request to do the same finds the old default no longer one; the next statement sees the new.
  for (let turn = 0; turn < TURNS && (await repository.clearDefault(trx, updated_at)) === 0n; turn += 1);
  return toLocation(await repository.updateLocation(trx, id, location.version, { is_default: true, updated_at }))
}

/** Takes an empty location out of use; what the ledger says of it stays. @throws Problem `not-found`, `in-use` */
export async function archiveLocation(trx: Writer, id: number): Promise<Location> {
  const location = await lock(trx, id)
  if (!location.is_active) return toLocation(location)
  if (location.is_default)
    throw new Problem('in-use', 'This is the default location; make another one the default first.')
  const levels = await repository.countOccupiedLevels(trx, id)
  if (levels > 0) {
    throw new Problem('in-use', `Stock of ${levels} products is still here; move it elsewhere first.`, {
      members: { products: levels },
    })
  }
  return toLocation(await repository.updateLocation(trx, id, location.version, { is_active: false, updated_at: now() }))
}

/** @throws Problem `not-found` */
export async function restoreLocation(trx: Writer, id: number): Promise<Location> {
  const location = await lock(trx, id)
  if (location.is_active) return toLocation(location)
  return toLocation(await repository.updateLocation(trx, id, location.version, { is_active: true, updated_at: now() }))
}

/** Removes a location that never held anything. @throws Problem `not-found`, `precondition-failed`, `in-use` */
export async function removeLocation(trx: Writer, id: number, requireVersion: RequireVersion): Promise<void> {
  const location = await lock(trx, id, requireVersion)
  if (location.is_default)
    throw new Problem('in-use', 'This is the default location; make another one the default first.')
  if (await repository.isLocationNamed(trx, id))
    throw new Problem('in-use', 'Stock has been here, so the ledger names it; archive it instead.')
  await repository.deleteLocation(trx, id)
}

async function lock(trx: Writer, id: number, requireVersion: RequireVersion = () => {}) {
  const location = await repository.lockLocation(trx, id)
  if (location === undefined) throw noLocation(id)
  requireVersion(location.version)
  return location
}

async function taken(trx: Writer, keys: { code_key: string; name_key: string }, except: number): Promise<Problem> {
  const other = await repository.findLocationLike(trx, keys.code_key, keys.name_key, except)
  const field = other?.code_key === keys.code_key ? 'code' : 'name'
  return new Problem(
    'conflict',
    `Location ${other?.id} has this ${field}. Case and white space do not make another one.`,
    {
      errors: [{ pointer: `#/${field}`, detail: 'is taken' }],
      members: { existing_id: other?.id },
    },
  )
}
