import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import pg from 'pg'
import { Migrations } from '../../src/db/migrator.ts'
import { openPostgres } from '../../src/db/postgres/store.ts'
import { startPostgres } from './embedded-postgres.ts'

// Writes the types of the tables from a migrated PostgreSQL; with --check, fails when the committed ones differ.

const { values: options } = parseArgs({ options: { check: { type: 'boolean' }, file: { type: 'string' } } })
const out = options.file ?? fileURLToPath(new URL('../../src/db/schema.gen.ts', import.meta.url))
const check = options.check ?? false
const server = await startPostgres()
try {
  const client = new pg.Client(server.url)
  const { host, port, user, password, database } = client
  const store = openPostgres({
    connection: { host, port, user, password: password ?? undefined, database },
    poolSize: 1,
    waitMs: 5000,
    onPoolError: () => {},
  })
  await new Migrations(store).migrate('latest')
  await store.close()
  const codegen = fileURLToPath(import.meta.resolve('kysely-codegen')).replace(/dist\/.*$/, 'dist/cli/bin.js')
  const before = await readFile(out, 'utf8')
  await promisify(execFile)(process.execPath, [
    codegen,
    '--dialect=postgres',
    `--url=${server.url}`,
    `--out-file=${out}`,
    '--exclude-pattern=kysely_*',
    '--type-mapping={"int8":"number","timestamptz":"string"}',
    ...(check ? ['--verify'] : []),
  ])
  const after = await readFile(out, 'utf8')
  console.log(
    check || before === after ? 'src/db/schema.gen.ts is in step with the migrations' : 'src/db/schema.gen.ts written',
  )
} catch (error) {
  const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
  console.error(check ? 'src/db/schema.gen.ts is not in step with the migrations: run `npm run db:types`' : message)
  console.error(stdout, stderr)
  process.exitCode = 1
} finally {
  await server.stop()
}
