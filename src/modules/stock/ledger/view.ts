import { fromThousandths } from '../../../values/quantity.ts'
import type { LedgerEntry } from './schemas.ts'
import type { Balanced } from './service.ts'

export const toEntry = ({ row, change, balance }: Balanced): LedgerEntry => {
  const { id: _id, place: _place, quantity: _quantity, ...entry } = row
  return { ...entry, change: fromThousandths(change), balance: fromThousandths(balance) }
}
