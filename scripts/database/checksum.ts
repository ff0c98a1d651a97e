import { hash } from 'node:crypto'
import type { Reader } from '../../src/db/types.ts'
import type { Table } from './catalog.ts'
import { type Row, readPages } from './rows.ts'

const LIMIT = 1n << 64n

/**
 * A checksum of rows that does not depend on their order, nor on the engine they are in.
 *
 * Each row is the JSON array of its values in the alphabetical order of their columns, without blanks; of its SHA-256
 * the first 8 bytes and the next 8 are two big-endian numbers, and those of all rows are summed modulo 2^64.
 */
export class Checksum {
  readonly #columns: string[]
  #first = 0n
  #second = 0n
  rows = 0

  constructor(table: Table) {
    this.#columns = table.columns.map(({ name }) => name)
  }

  add(row: Row): void {
    const digest = hash('sha256', canonical(row, this.#columns), 'buffer')
    this.#first = (this.#first + digest.readBigUInt64BE(0)) % LIMIT
    this.#second = (this.#second + digest.readBigUInt64BE(8)) % LIMIT
    this.rows += 1
  }

  /** 32 hexadecimal digits. */
  toString(): string {
    return [this.#first, this.#second].map((half) => half.toString(16).padStart(16, '0')).join('')
  }
}

export const canonical = (row: Row, columns: string[]): string => JSON.stringify(columns.map((name) => row[name]))

export async function checksumOf(
  db: Reader,
  table: Table,
  onRows: (count: number) => void = () => {},
): Promise<Checksum> {
  const checksum = new Checksum(table)
  for await (const page of readPages(db, table)) {
    for (const row of page) checksum.add(row)
    onRows(page.length)
  }
  return checksum
}
