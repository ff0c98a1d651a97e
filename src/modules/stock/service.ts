/**
 * What other modules and programs do with stock. Documents (orders, purchases, transfers, stocktakes) move it through
 * here: `recordMovement` with themselves as the source, `previewMovement` for what would happen, `reverseMovement` to take
 * it back.
 */

export { verifyLedger } from './ledger/service.ts'
export { changeLevel } from './levels/service.ts'
export {
  type Outcome,
  previewMovement,
  recordMovement,
  reverseMovement,
  type Source,
} from './movements/service.ts'
export { toPreview, toRecorded, type Viewer } from './movements/view.ts'
