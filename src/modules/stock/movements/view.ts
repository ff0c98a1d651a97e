import { hash } from 'node:crypto'
import type { Reader } from '../../../db/types.ts'
import { etagOf } from '../../../http/etag.ts'
import { fromAmount } from '../../../values/money.ts'
import { fromThousandths } from '../../../values/quantity.ts'
import { statusOf } from '../levels/view.ts'
import * as repository from './repository.ts'
import type { Movement, MovementLevel, MovementLine, MovementPreview, RecordedMovement } from './schemas.ts'
import type { Outcome } from './service.ts'
import type { PlannedLine } from './state-rules.ts'

/** What the caller is, and may see. */
export interface Viewer {
  id: number
  username: string
  seesValues: boolean
}

/** Movements, each with its lines. */
export async function withLines<Row extends repository.MovementRow>(
  reader: Reader,
  rows: Row[],
  viewer: Viewer,
): Promise<(Row & Pick<Movement, 'lines'>)[]> {
  if (rows.length === 0) return []
  const lines = await repository.readLines(reader, { ids: rows.map((row) => row.id) })
  const byMovement = Map.groupBy(lines, (line) => line.movement_id)
  return rows.map((row) => ({
    ...row,
    lines: (byMovement.get(row.id) ?? []).map(({ movement_id: _movement, ...line }) => ({
      ...line,
      quantity: fromThousandths(line.quantity),
      value: viewer.seesValues ? fromAmount(line.value) : null,
    })),
  }))
}

export const toMovement = (row: repository.MovementRow & Pick<Movement, 'lines'>): Movement => ({
  id: row.id,
  ...describe(row),
  recorded_at: row.recorded_at,
  actor_id: row.actor_id,
  actor_username: row.actor_username,
  reversal_of: row.reversal_of,
  reversed_by: row.reversed_by,
  lines: row.lines,
})

/** A movement never changes, but what it shows does: the names of its products and user, and who took it back. */
export const etagOfMovement = (movement: Movement): string =>
  etagOf(1, hash('sha1', JSON.stringify(movement), 'base64url'))

/** A movement just recorded, as it is answered. */
export function toRecorded({ fields, lines, levels }: Outcome, viewer: Viewer): RecordedMovement {
  const { id, recorded_at, reversal_of } = fields
  return {
    id,
    ...describe(fields),
    recorded_at,
    actor_id: viewer.id,
    actor_username: viewer.username,
    reversal_of,
    reversed_by: null,
    lines: toLines(lines, viewer),
    levels: levels.map(toLevelAfter),
  }
}

export const toPreview = ({ fields, lines, levels }: Outcome<null>, viewer: Viewer): MovementPreview => ({
  ...describe(fields),
  lines: toLines(lines, viewer),
  levels: levels.map(toLevelAfter),
})

type Described = Pick<Movement, 'type' | 'reason' | 'reference' | 'note' | 'effective_at'>

function describe({ type, reason, reference, note, effective_at }: Described): Described {
  return { type, reason, reference, note, effective_at }
}

/** In the order of the request, whatever order they were applied in. */
const toLines = (lines: PlannedLine[], viewer: Viewer): MovementLine[] =>
  lines
    .toSorted((a, b) => a.line_number - b.line_number)
    .map((line) => ({
      line_number: line.line_number,
      product_id: line.product.id,
      product_sku: line.product.sku,
      product_name: line.product.name,
      from_location_id: line.from_location_id,
      to_location_id: line.to_location_id,
      quantity: fromThousandths(line.quantity),
      value: viewer.seesValues ? fromAmount(line.value) : null,
    }))

const toLevelAfter = (level: repository.LevelRow): MovementLevel => ({
  product_id: level.product_id,
  location_id: level.location_id,
  quantity: fromThousandths(level.quantity),
  reserved: fromThousandths(level.reserved),
  available: fromThousandths(level.quantity - level.reserved),
  status: statusOf(level.quantity - level.reserved, level.min_stock),
})
