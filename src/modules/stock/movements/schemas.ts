import { type Static, Type } from '@sinclair/typebox'
import { ListQuery } from '../../../http/paging.ts'
import {
  Amount,
  Closed,
  Component,
  DateTime,
  Id,
  Money,
  Nullable,
  PageOf,
  Quantity,
  Ref,
  StringEnum,
  Text,
} from '../../../http/schema.ts'
import { status } from '../levels/schemas.ts'

export const MOVEMENT_TYPES = ['receipt', 'issue', 'transfer', 'adjustment', 'count'] as const
export type MovementType = (typeof MOVEMENT_TYPES)[number]

export const MAX_LINES = 200

const type = (options: object = {}) =>
  StringEnum(MOVEMENT_TYPES, {
    description:
      'receipt: in from outside; issue: out; transfer: from one location to another; adjustment: a signed correction; count: what was counted.',
    examples: ['receipt'],
    ...options,
  })

export const NewMovementLine = Component(
  'NewMovementLine',
  Closed(
    {
      product_id: Id({ description: 'Product.' }),
      quantity: Type.Number({
        minimum: -1_000_000_000,
        maximum: 1_000_000_000,
        description:
          'Above 0 for a receipt, issue or transfer; signed and not 0 for an adjustment; the counted quantity for a count.',
        examples: [10],
      }),
      location_id: Type.Optional(
        Id({ description: 'Location; the default one when absent. For a transfer, where it leaves.' }),
      ),
      to_location_id: Type.Optional(Id({ description: 'Only for a transfer, where it comes.', examples: [2] })),
      expected_quantity: Type.Optional(
        Quantity({
          description: 'Refuses the movement with 409 when the level is not exactly this before it.',
          examples: [0],
        }),
      ),
      unit_cost: Type.Optional(
        Money({
          description: 'Only for a receipt, what one unit cost. When absent the goods come in at the present average.',
          examples: ['4.50'],
        }),
      ),
    },
    { description: 'One product that moves.' },
  ),
)
export type NewMovementLine = Static<typeof NewMovementLine>

export const NewMovement = Component(
  'NewMovement',
  Closed(
    {
      type: type(),
      reason: Type.Optional(Text({ maxLength: 200, description: 'Why.', examples: ['Compra'] })),
      reference: Type.Optional(
        Text({ maxLength: 100, description: 'Paper or number it goes back to.', examples: ['ALB-2026-0042'] }),
      ),
      note: Type.Optional(
        Text({ maxLength: 2000, lines: true, description: 'Anything else.', examples: ['Caja 3 llegó abierta'] }),
      ),
      effective_at: Type.Optional(
        DateTime({
          description: 'When it happened, if not now; not in the future.',
          examples: ['2026-01-31T12:00:00.000Z'],
        }),
      ),
      lines: Type.Array(Ref(NewMovementLine), {
        minItems: 1,
        maxItems: MAX_LINES,
        description: 'What moves: all of it or nothing.',
      }),
    },
    {
      description: 'An event that changes stock.',
      examples: [
        {
          type: 'receipt',
          reason: 'Compra',
          reference: 'ALB-2026-0042',
          lines: [{ product_id: 1, quantity: 10, unit_cost: '4.50' }],
        },
      ],
    },
  ),
)
export type NewMovement = Static<typeof NewMovement>

export const MovementLine = Component(
  'MovementLine',
  Type.Object({
    line_number: Type.Integer({
      format: 'int32',
      minimum: 1,
      maximum: MAX_LINES,
      description: 'Place in the movement.',
      examples: [1],
    }),
    product_id: Id({ description: 'Product.' }),
    product_sku: Type.String({ description: 'SKU of the product.', examples: ['TOR-M8-50'] }),
    product_name: Type.String({ description: 'Name of the product.', examples: ['Tornillo M8 × 50'] }),
    from_location_id: Nullable(Id({ description: 'Where it left; null from outside.' })),
    to_location_id: Nullable(Id({ description: 'Where it came; null to outside.' })),
    quantity: Quantity({ description: 'How much moved; 0 for a count that found what was expected.', examples: [10] }),
    value: Nullable(
      Amount({
        description: 'What it is worth, by moving average; null for those who may not see values.',
        examples: ['45.00'],
      }),
    ),
  }),
)
export type MovementLine = Static<typeof MovementLine>

const lines = Type.Array(Ref(MovementLine), { maxItems: MAX_LINES, description: 'What moved.' })
export const MovementLevel = Component(
  'MovementLevel',
  Type.Object(
    {
      product_id: Id({ description: 'Product.' }),
      location_id: Id({ description: 'Location.' }),
      quantity: Quantity({ description: 'On hand.', examples: [10] }),
      reserved: Quantity({ description: 'Promised.', examples: [0] }),
      available: Type.Number({
        minimum: -1_000_000_000,
        maximum: 1_000_000_000,
        description: 'On hand less reserved; below zero when a count or an adjustment found less than was promised.',
        examples: [10],
      }),
      status: status(),
    },
    { description: 'A level as a movement left it.' },
  ),
)
export type MovementLevel = Static<typeof MovementLevel>

const levels = Type.Array(Ref(MovementLevel), {
  maxItems: 2 * MAX_LINES,
  description: 'The levels it touched, after it.',
})

const described = {
  type: type(),
  reason: Type.String({ description: 'Why.', examples: ['Compra'] }),
  reference: Type.String({ description: 'Paper or number it goes back to.', examples: ['ALB-2026-0042'] }),
  note: Type.String({ description: 'Anything else.', examples: ['Caja 3 llegó abierta'] }),
  effective_at: DateTime({ description: 'When it happened.' }),
}

const recorded = {
  id: Id({ description: 'Movement; also its place in the ledger.' }),
  ...described,
  recorded_at: DateTime({ description: 'When it was recorded.' }),
  actor_id: Id({ description: 'User who recorded it.' }),
  actor_username: Type.String({ description: 'Name of that user.', examples: ['admin'] }),
  reversal_of: Nullable(Id({ description: 'The movement it takes back.' })),
  reversed_by: Nullable(Id({ description: 'The movement that takes it back.' })),
  lines,
}

export const Movement = Component(
  'Movement',
  Type.Object(recorded, { description: 'An event that changed stock; it never changes itself.' }),
)
export type Movement = Static<typeof Movement>

export const MovementPage = PageOf('MovementPage', Movement)

export const RecordedMovement = Component(
  'RecordedMovement',
  Type.Object({ ...recorded, levels }, { description: 'A movement just recorded.' }),
)
export type RecordedMovement = Static<typeof RecordedMovement>

export const MovementPreview = Component(
  'MovementPreview',
  Type.Object({ ...described, lines, levels }, { description: 'What a movement would do; nothing was written.' }),
)
export type MovementPreview = Static<typeof MovementPreview>

export const NewReversal = Component(
  'NewReversal',
  Closed({
    reason: Type.Optional(
      Text({ maxLength: 200, description: 'Why it is taken back.', examples: ['Error de registro'] }),
    ),
    note: Type.Optional(
      Text({ maxLength: 2000, lines: true, description: 'Anything else.', examples: ['Era otra caja'] }),
    ),
  }),
)
export type NewReversal = Static<typeof NewReversal>

export const dryRunQuery = Closed({
  dry_run: Type.Boolean({
    default: false,
    description: 'Answer what would happen, and write nothing.',
    examples: [false],
  }),
})

const instant = (description: string) => Type.Optional(DateTime({ description }))

export const MovementQuery = ListQuery(
  ['id', 'effective_at', 'recorded_at'],
  {
    type: Type.Optional(type({ description: 'Only of this kind.' })),
    product_id: Type.Optional(Id({ description: 'Only those that moved this product.' })),
    location_id: Type.Optional(Id({ description: 'Only those in or out of this location.' })),
    actor_id: Type.Optional(Id({ description: 'Only those recorded by this user.' })),
    reference: Type.Optional(
      Text({ maxLength: 100, description: 'Only those with exactly this reference.', examples: ['ALB-2026-0042'] }),
    ),
    effective_from: instant('Only from this instant on.'),
    effective_before: instant('Only before this instant.'),
    recorded_from: instant('Only those recorded from this instant on.'),
    recorded_before: instant('Only those recorded before this instant.'),
  },
  'desc',
)
export type MovementQuery = Static<typeof MovementQuery>
