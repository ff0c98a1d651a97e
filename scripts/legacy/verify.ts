import type { Store } from '../../src/db/types.ts'
import { verifyLedger } from '../../src/modules/stock/service.ts'
import { fromThousandths } from '../../src/values/quantity.ts'
import { atScale } from './decimals.ts'
import type { Found } from './importer.ts'
import { formatTable } from './preview.ts'
import { stock } from './stock.ts'
import { countRows, type Succession } from './target.ts'
import type { Understanding } from './understand.ts'

export interface Verification {
  ok: boolean
  text: string
}

/** Compares what is there after the import with what was to come, and has the ledger prove every balance. */
export async function verifyImport(
  store: Store,
  { found, plan }: Understanding,
  succession: Succession,
): Promise<Verification> {
  const stays = succession.first !== undefined && succession.fate !== 'gives way' ? 1 : 0
  const rows: { name: string; source: string | number; expected: number; target: number }[] = []
  for (const { importer, table } of found) {
    const { target: name } = importer
    const expected = importer.count(plan) + (name === 'users' ? stays : 0)
    rows.push({ name, source: table?.count ?? '-', expected, target: await store.query((db) => countRows(db, name)) })
  }
  const expected = plan.levels.reduce((sum, { opening }) => sum + opening, 0)
  const levels = await store.query((db) => db.selectFrom('stock').select('quantity').execute())
  const onHand = levels.reduce((sum, { quantity }) => sum + quantity, 0)
  rows.push({
    name: 'units on hand',
    source: unitsOf(found),
    expected: fromThousandths(expected),
    target: fromThousandths(onHand),
  })
  const proof = await verifyLedger(store)
  const judgement = proof.ok ? 'every balance is proven' : `balances that are not proven: ${proof.differences.length}`
  const isRight = (row: (typeof rows)[number]) => row.target === row.expected
  const lines = rows.map((row) => [row.name, row.source, row.expected, row.target, isRight(row) ? 'ok' : 'WRONG'])
  return {
    ok: proof.ok && rows.every(isRight),
    text: [
      formatTable([['', 'source', 'expected', 'target'], ...lines]),
      '',
      `  ledger: ${judgement}; movements: ${proof.checked.movements}, lines: ${proof.checked.lines}`,
    ].join('\n'),
  }
}

/** What the old database says is on hand, less what it says is less than nothing. */
function unitsOf(found: Found[]): number {
  const rows = found.find(({ importer }) => importer === stock)?.rows ?? []
  const quantities = rows.map((fields) => fields.decimal('quantity') ?? { unscaled: 0n, scale: 0 })
  return fromThousandths(quantities.reduce((sum, quantity) => sum + Number(atScale(quantity, 3).units), 0))
}
