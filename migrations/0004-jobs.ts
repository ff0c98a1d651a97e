import { createTable, run, type Schema } from './columns.ts'

/** What each background job did last, and who is at it: the state of one installation, which no copy takes along. */
export async function up(db: Schema): Promise<void> {
  await createTable(db, 'jobs', (table) => {
    table.text('name', (c) => c.primaryKey().notNull())
    table.integer('run', (c) => c.notNull())
    table.time('started_at', (c) => c.notNull())
    table.time('lease_ends_at', (c) => c.notNull())
    table.time('finished_at')
    table.text('outcome')
    table.check('outcome', "outcome in ('done', 'stopped', 'failed')")
    table.check('finished', '(finished_at is null) = (outcome is null)')
  })
}

export const loses = 'when each background job ran last'

export async function down(db: Schema): Promise<void> {
  await run(db, { both: ['drop table jobs'] })
}
