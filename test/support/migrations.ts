import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '..', '..', 'migrations')

/** The migrations there are, in order: tests hold for any number of them. */
export const SHIPPED: string[] = readdirSync(FOLDER)
  .filter((file) => /^\d{4}-/.test(file))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort()

/** What a migration itself says is gone when it is taken back. */
export async function lossesOf(name: string): Promise<string> {
  const migration: { loses: string } = await import(join(FOLDER, `${name}.ts`))
  return migration.loses
}
