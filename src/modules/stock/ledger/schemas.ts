import { type Static, Type } from '@sinclair/typebox'
import { PageQuery } from '../../../http/paging.ts'
import { Closed, Component, Count, DateTime, Id, Nullable, PageOf, Ref, StringEnum } from '../../../http/schema.ts'
import { Available, OnHand } from '../levels/schemas.ts'

export const MAX_DIFFERENCES = 1000

export const LedgerDifference = Component(
  'LedgerDifference',
  Type.Object(
    {
      kind: StringEnum(['level', 'product', 'movement'], {
        description: 'What does not agree with the lines.',
        examples: ['level'],
      }),
      field: StringEnum(['quantity', 'value', 'reserved', 'lines', 'reversal'], {
        description: 'Which number of it.',
        examples: ['quantity'],
      }),
      product_id: Type.Optional(Id({ description: 'Product.' })),
      location_id: Type.Optional(Id({ description: 'Location.' })),
      movement_id: Type.Optional(Id({ description: 'Movement.' })),
      recorded: Type.String({ description: 'What is kept, as decimal text.', examples: ['12'] }),
      recomputed: Type.String({ description: 'What the lines make, as decimal text.', examples: ['11'] }),
    },
    { description: 'A number that the ledger does not explain.' },
  ),
)
export type LedgerDifference = Static<typeof LedgerDifference>

export const LedgerProof = Component(
  'LedgerProof',
  Type.Object(
    {
      ok: Type.Boolean({ description: 'Whether every number is what its lines make.', examples: [true] }),
      checked: Type.Object({
        movements: Count({ description: 'Movements.' }),
        lines: Count({ description: 'Lines.' }),
        levels: Count({ description: 'Levels.' }),
        reservations: Count({ minimum: 0, description: 'Reservations.', examples: [0] }),
      }),
      differences: Type.Array(Ref(LedgerDifference), {
        maxItems: MAX_DIFFERENCES,
        description: 'Every number that is not, up to 1000.',
      }),
    },
    { description: 'The recomputation of every balance.' },
  ),
)
export type LedgerProof = Static<typeof LedgerProof>

export const LedgerEntry = Component(
  'LedgerEntry',
  Type.Object(
    {
      movement_id: Id({ description: 'Movement.' }),
      line_number: Type.Integer({ format: 'int32', minimum: 1, maximum: 200, description: 'Its line.', examples: [1] }),
      type: Type.String({ description: 'Kind of the movement.', examples: ['receipt'] }),
      reason: Type.String({ description: 'Why.', examples: ['Compra'] }),
      reference: Type.String({ description: 'Paper or number it goes back to.', examples: ['ALB-2026-0042'] }),
      from_location_id: Nullable(Id({ description: 'Where it left; null from outside.' })),
      to_location_id: Nullable(Id({ description: 'Where it came; null to outside.' })),
      change: Available('What it did to the balance.'),
      balance: OnHand('The balance after it.'),
      actor_id: Id({ description: 'User who recorded it.' }),
      reversal_of: Nullable(Id({ description: 'The movement it takes back.' })),
      effective_at: DateTime({ description: 'When it happened.' }),
      recorded_at: DateTime({ description: 'When it was recorded.' }),
    },
    { description: 'One line of the ledger, with the balance it led to.' },
  ),
)
export type LedgerEntry = Static<typeof LedgerEntry>

export const LedgerEntryPage = PageOf('LedgerEntryPage', LedgerEntry)

export const ExplainQuery = Closed({
  product_id: Id({ description: 'Product.' }),
  location_id: Id({ description: 'Location.' }),
  ...PageQuery.properties,
})
