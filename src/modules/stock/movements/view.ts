import type { Reader } from '../../../db/types.ts'
import { fromAmount } from '../../../values/money.ts'
import { fromThousandths } from '../../../values/quantity.ts'
import { statusOf } from '../levels/view.ts'
import * as repository from './repository.ts'
import type {
  Movement,
  MovementLevel,
  MovementLine,
  MovementPreview,
  MovementType,
  RecordedMovement,
} from './schemas.ts'
import type { Outcome } from './service.ts'
import type { PlannedLine } from './state-rules.ts'

/** What the caller is, and may see. */
export interface Viewer {
  id: number
  username: string
  seesValues: boolean
}

/** Movements with their lines, in the order of the rows. */
export async function withLines(reader: Reader, rows: repository.MovementRow[], viewer: Viewer): Promise<Movement[]> {
  if (rows.length === 0) return []
  const lines = await repository.readLines(reader, { ids: rows.map((row) => row.id) })
  const byMovement = Map.groupBy(lines, (line) => line.movement_id)
  return rows.map((row) => ({
    ...row,
    type: row.type as MovementType,
    lines: (byMovement.get(row.id) ?? []).map(({ movement_id: _movement, ...line }) => ({
      ...line,
      quantity: fromThousandths(line.quantity),
      value: viewer.seesValues ? fromAmount(line.value) : null,
    })),
  }))
}

/** A movement just recorded, as it is answered. */
export function toRecorded({ fields, lines, levels }: Outcome, viewer: Viewer): RecordedMovement {
  const { id, recorded_at, reversal_of } = fields
  return {
    id: id as number,
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

export const toPreview = ({ fields, lines, levels }: Outcome, viewer: Viewer): MovementPreview => ({
  ...describe(fields),
  lines: toLines(lines, viewer),
  levels: levels.map(toLevelAfter),
})

function describe({ type, reason, reference, note, effective_at }: Outcome['fields']) {
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
