/**
 * Writes the API document, `openapi/openapi.json` and `openapi/openapi.yaml`: `npm run openapi`. With --check nothing is
 * written, and it fails when a committed file differs from what the routes say.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { Migrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'openapi')
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

for (const [name, text] of Object.entries(await buildDocuments())) {
  const file = join(FOLDER, name)
  if ((await readFile(file, 'utf8').catch(() => '')) === text) console.log(`${relative(ROOT, file)} is in step`)
  else if (values.check) await refuse(file)
  else {
    await writeFile(file, text)
    console.log(`${relative(ROOT, file)} written`)
  }
}

/** The texts of both files. The database is an empty file that nobody asks anything, so no server need be there. */
async function buildDocuments(): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'openapi-'))
  const unused = 'only-for-the-document-signs-nothing-0123456789'
  const environment = {
    NODE_ENV: 'test',
    DATABASE_URL: `sqlite:${join(folder, 'empty.db')}`,
    JWT_SECRET_KEY: unused,
    SECRET_KEY: unused,
  }
  const config = loadConfig(environment)
  const store = await openStore(config.database, { poolSize: 1, waitMs: 1000, onPoolError: () => {} })
  const log = pino({ level: 'silent' })
  const app = await buildApp({ config, store, migrations: new Migrations(store), log })
  try {
    await app.ready()
    const { json, yaml } = await app.openApi()
    return { 'openapi.json': json, 'openapi.yaml': yaml }
  } finally {
    await app.close()
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function refuse(file: string): Promise<void> {
  console.error(`${relative(ROOT, file)} is not what the routes say: run \`npm run openapi\` and commit it`)
  process.exitCode = 1
}
