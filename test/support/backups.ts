import Database from 'better-sqlite3'
import type { TestApp } from './app.ts'
import { runScript } from './script.ts'

export const backup = (from: string, ...more: string[]) => runScript('backup.ts', ['--from', from, ...more])

export const restore = (from: string, to: string, ...more: string[]) =>
  runScript('restore.ts', ['--from', from, '--to', to, ...more])

/** Whether two databases hold the same. */
export const same = async (a: string, b: string) => (await runScript('db-verify.ts', ['--a', a, '--b', b])).code === 0

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
