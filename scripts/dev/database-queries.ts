/**
 * Writes the text of every prepared query as each engine gets it, for review: `npm run db:queries`. With --check nothing
 * is written, and it fails when a committed file differs from what the modules ask.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { type Dialect, DummyDriver, Kysely } from 'kysely'
import pg from 'pg'
import { format } from 'sql-formatter'
// All modules, and with them every query that they prepare.
import '../../src/app.ts'
import { PooledDialect } from '../../src/db/postgres/dialect.ts'
import { StatementNames } from '../../src/db/postgres/statement-names.ts'
import { describeQueries, type QueryText } from '../../src/db/prepared.ts'
import type { DB } from '../../src/db/schema.gen.ts'
import { SavepointDialect } from '../../src/db/sqlite/dialect.ts'
import type { Engine } from '../../src/db/types.ts'

const ROOT = join(import.meta.dirname, '../..')
/** As SQLite's are written; PostgreSQL's are known to the formatter. */
const PARAMETERS = { custom: [{ regex: String.raw`\+\?` }] }
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

for (const engine of ['sqlite', 'postgresql'] as const) {
  const file = join(ROOT, `src/db/queries.${engine}.gen.sql`)
  const name = relative(ROOT, file)
  const text = await writeQueries(engine)
  if ((await readFile(file, 'utf8').catch(() => '')) === text) console.log(`${name} is in step`)
  else if (values.check) {
    console.error(`${name} is not what the modules ask: run \`npm run db:queries\` and commit it`)
    process.exitCode = 1
  } else {
    await writeFile(file, text)
    console.log(`${name} written`)
  }
}

async function writeQueries(engine: Engine): Promise<string> {
  const queries = await offline(dialectOf(engine)).execute(async (trx) => describeQueries(trx, engine))
  const head = `-- The prepared queries as ${engine} gets them; made by \`npm run db:queries\`, never by hand.\n`
  return [head, ...queries.map((query) => print(query, engine))].join('\n')
}

function print({ name, shape, sql }: QueryText, engine: Engine): string {
  const title = shape === undefined ? `-- ${name}` : `-- ${name} ${JSON.stringify(shape)}`
  return `${title}\n${format(sql, { language: engine, expressionWidth: 100, paramTypes: PARAMETERS })};\n`
}

/** A transaction in which queries are compiled and nothing is asked. */
function offline(dialect: Dialect) {
  return new Kysely<DB>({
    dialect: {
      createDriver: () => new DummyDriver(),
      createAdapter: () => dialect.createAdapter(),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createIntrospector: (db) => dialect.createIntrospector(db),
    },
  }).transaction()
}

function dialectOf(engine: Engine): Dialect {
  if (engine === 'sqlite') return new SavepointDialect(new Database(':memory:'))
  return new PooledDialect(new pg.Pool(), { names: new StatementNames(), answerMs: 0 })
}
