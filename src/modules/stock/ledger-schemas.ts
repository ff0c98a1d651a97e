import { type Static, Type } from '@sinclair/typebox'
import { Component, Count, Id, Ref, StringEnum } from '../../http/schema.ts'

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
