import Database from 'better-sqlite3'
import type { TestApp } from './app.ts'
import { runScript } from './script.ts'

export const backup = (from: string, ...more: string[]) => runScript('backup.ts', ['--from', from, ...more])

export const restore = (from: string, to: string, ...more: string[]) =>
  runScript('restore.ts', ['--from', from, '--to', to, ...more])

/** Whether two databases hold the same. */
export const same = async (a: string, b: string) => (await runScript('db-verify.ts', ['--a', a, '--b', b])).code === 0

/** What is not the same in a database and in one restored from its backup, where all is well: the sessions, which ended. */
export const ENDED = ['sessions']

/** The tables that are not the same in both, and `ledger` where one is not proven. */
export async function differing(a: string, b: string): Promise<string[]> {
  const { said } = await runScript('db-verify.ts', ['--a', a, '--b', b, '--json'])
  const line = said.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(said)
  const { tables, ledgers } = JSON.parse(line) as {
    tables: { table: string; equal: boolean }[]
    ledgers: { ok: boolean }[]
  }
  const names = tables.filter(({ equal }) => !equal).map(({ table }) => table)
  return ledgers.every(({ ok }) => ok) ? names : [...names, 'ledger']
}

/** Receives a quantity of a product, which is made at first. */
export async function addStock({ call }: TestApp, quantity: number): Promise<void> {
  if ((await call('GET', '/categories/1')).statusCode === 404) {
    await call('POST', '/categories', { body: { name: 'Varios' } })
    await call('POST', '/products', { body: { name: 'Tornillo', price: '1', category_id: 1 } })
  }
  const answer = await call('POST', '/movements', { body: { type: 'receipt', lines: [{ product_id: 1, quantity }] } })
  if (answer.statusCode !== 201) throw new Error(answer.body)
}

/** Changes an SQLite file behind the back of the service. */
export function changeFile(file: string, statements: string): void {
  const database = new Database(file)
  database.exec(statements)
  database.close()
}
