import { sql } from 'kysely'
import tap from 'tap'
import { preparedFamily } from '../../src/db/prepared.ts'
import { createDatabase, engines, open } from '../support/databases.ts'

for (const engine of engines) {
  tap.test(`queries of a family are compiled once for each shape (${engine})`, async (t) => {
    const database = await createDatabase(engine)
    const store = await open(database.url)
    t.teardown(async () => {
      await store.close()
      await database.drop()
    })
    let built = 0
    const family = preparedFamily<{ column: number }, { name: string }, { column: number; code: string }>('test', {
      nameOf: () => undefined,
      samples: () => [],
      build: (db, shape, values) => {
        built += 1
        return db
          .selectFrom('locations')
          .select(sql.lit(shape.column).as('column'))
          .select('code')
          .where('code', '=', values.name)
      },
    })
    const run = (column: number, name: string) => store.query((reader) => family(reader, { column }, { name }))
    t.same(await run(1, 'MAIN'), [{ column: 1, code: 'MAIN' }])
    t.same(await run(1, 'none'), [], 'with the values of each run')
    t.same(await run(2, 'MAIN'), [{ column: 2, code: 'MAIN' }])
    t.equal(built, 2)
    for (let column = 3; column < 300; column += 1) await run(column, 'MAIN')
    t.equal(built, 299)
    t.same(await run(299, 'MAIN'), [{ column: 299, code: 'MAIN' }])
    t.equal(built, 299, 'kept')
    t.same(await run(1, 'MAIN'), [{ column: 1, code: 'MAIN' }])
    t.equal(built, 300, 'the oldest went')
  })
}
