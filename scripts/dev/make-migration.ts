import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))

const TEMPLATE = `import { run, type Schema } from './columns.ts'

/** What it changes. */
export async function up(db: Schema): Promise<void> {
  await run(db, { both: [] })
}

/** What is gone when it is taken back; \`npm run migrate -- down\` shows it before it asks. */
export const loses = 'nothing'

export async function down(db: Schema): Promise<void> {
  await run(db, { both: [] })
}
`

/**
 * Writes the migration that comes next.
 *
 * @param name lower-case words joined by hyphens: `add-suppliers`
 * @returns the path of the new file
 * @throws Error when the name is not such words
 */
export async function makeMigration(name: string, folder: string = FOLDER): Promise<string> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`A migration is named by lower-case words joined by hyphens (add-suppliers), not "${name}".`)
  }
  const numbers = (await readdir(folder)).map((file) => Number(/^(\d{4})-/.exec(file)?.[1] ?? 0))
  const number = String(Math.max(0, ...numbers) + 1).padStart(4, '0')
  const file = join(folder, `${number}-${name}.ts`)
  await writeFile(file, TEMPLATE, { flag: 'wx' })
  return file
}
