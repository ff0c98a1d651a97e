import type { Insertable } from 'kysely'
import type { MovementLines, Movements } from '../../src/db/schema.gen.ts'
import type { Writer } from '../../src/db/types.ts'

type Line = Omit<Insertable<MovementLines>, 'movement_id' | 'line_number' | 'value'> & { value?: number }

/** Puts a movement and its lines straight into the tables, whose triggers move the balances; answers its id. */
export async function insertMovement(trx: Writer, movement: Insertable<Movements>, lines: Line[]): Promise<number> {
  const { id } = await trx.insertInto('movements').values(movement).returning('id').executeTakeFirstOrThrow()
  for (const [index, line] of lines.entries()) {
    const row = { value: 0, ...line, movement_id: id, line_number: index + 1 }
    await trx.insertInto('movement_lines').values(row).execute()
  }
  return id
}
