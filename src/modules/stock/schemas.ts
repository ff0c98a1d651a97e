/** What other modules say of stock in their own requests and answers. */

export {
  MAX_LINES,
  MovementLevel,
  MovementLine,
  MovementPreview,
  type MovementType,
  NewMovement,
  NewMovementLine,
  RecordedMovement,
} from './movements/schemas.ts'
