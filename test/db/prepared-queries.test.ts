import { CompiledQuery } from 'kysely'
import '../../src/app.ts'
import { describeQueries } from '../../src/db/prepared.ts'
import { onEveryEngine } from '../support/app.ts'
import { storeFor } from '../support/stores.ts'

onEveryEngine('the database takes every prepared query, in each of its samples', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  await store.write(async (trx) => {
    const queries = describeQueries(trx, engine)
    t.ok(queries.length > 20)
    for (const { name, shape, sql } of queries) {
      const nulls = sql.match(/\+\?/g)?.map(() => null) ?? []
      const taken =
        engine === 'sqlite' ? CompiledQuery.raw(`explain ${sql}`, nulls) : CompiledQuery.raw(`prepare probe as ${sql}`)
      await t.resolves(trx.executeQuery(taken), `${name} ${JSON.stringify(shape)}`)
      if (engine === 'postgresql') await trx.executeQuery(CompiledQuery.raw('deallocate probe'))
    }
  })
})

onEveryEngine('no two prepared queries share a name and a shape', async (t, engine) => {
  const { store } = await storeFor(t, engine)
  const titles = await store.write(async (trx) =>
    describeQueries(trx, engine).map(({ name, shape }) => JSON.stringify([name, shape])),
  )
  t.equal(new Set(titles).size, titles.length)
})
