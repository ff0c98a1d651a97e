import { sql } from 'kysely'
import type { Test } from 'tap'
import type { Store } from '../../src/db/types.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../support/app.ts'
import { tally } from '../support/stock.ts'

/** One unique text: where it is, and a body that makes a row with it; `n` makes everything else another one. */
interface Unique {
  constraint: string
  path: string
  field: string
  value: string
  body(n: number): object
}

const category = (n: number) => ({ name: `Grupo ${n}` })
const location = (n: number) => ({ code: `P${n}`, name: `Pasillo ${n}` })
const product = (n: number) => ({ name: `Cubo ${n}`, price: '1', category_id: 1, sku: `C-${n}`, barcode: `B-${n}` })
const user = (n: number) => ({
  username: `persona${n}`,
  email: `persona${n}@example.com`,
  password: 'caballo-grapa-correcta',
})

/** Every unique text that requests may choose. */
const UNIQUE: Unique[] = [
  { constraint: 'categories_name_key_unique', path: '/categories', field: 'name', value: 'Único', body: category },
  { constraint: 'locations_code_key_unique', path: '/locations', field: 'code', value: 'UNO', body: location },
  { constraint: 'locations_name_key_unique', path: '/locations', field: 'name', value: 'Único', body: location },
  { constraint: 'products_sku_key_unique', path: '/products', field: 'sku', value: 'UNO', body: product },
  { constraint: 'products_barcode_key_unique', path: '/products', field: 'barcode', value: 'UNO', body: product },
  { constraint: 'users_username_key_unique', path: '/users', field: 'username', value: 'unico', body: user },
  { constraint: 'users_email_key_unique', path: '/users', field: 'email', value: 'uno@example.com', body: user },
]

const CROWD = 4
const ROUNDS = 2

/** Of requests that want one text at the same moment one has it; the others are told who, and that nothing is wrong here. */
async function contend(t: Test, { path, field }: Unique, send: (index: number) => ReturnType<TestApp['call']>) {
  const answers = await Promise.all(Array.from({ length: CROWD }, (_, index) => send(index)))
  const [won, ...more] = answers.filter(({ statusCode }) => statusCode < 300)
  t.same(more, [], `${path} ${field}: one has it`)
  const lost = answers.filter((answer) => answer !== won)
  t.same(tally(lost.map(({ statusCode }) => statusCode)), { 409: CROWD - 1 }, `${path} ${field}`)
  for (const answer of lost) {
    t.match(answer.json(), {
      code: 'conflict',
      existing_id: won?.json().id,
      errors: [{ pointer: `#/${field}` }],
    })
  }
  return won?.json().id as number
}

onEveryEngine('a text that many want at once is had by one, and the others are told who', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  await app.call('POST', '/categories', { body: { name: 'Varios' } })
  let n = 0
  for (const unique of UNIQUE) {
    const { path, field, value, body } = unique
    const make = (more: object = {}) => {
      n += 1
      return app.call('POST', path, { body: { ...body(n), ...more } })
    }
    const change = (id: number, text: string) => app.call('PATCH', `${path}/${id}`, { body: { [field]: text } })
    for (let round = 1; round <= ROUNDS; round += 1) {
      await contend(t, unique, () => make({ [field]: value.replace(/n|N/, (letter) => letter + round) }))
      const ids: number[] = []
      for (let index = 0; index < CROWD; index += 1) ids.push((await make()).json().id)
      const wanted = value.replace(/n|N/, (letter) => `${letter}0${round}`)
      await contend(t, unique, (index) => change(ids[index] as number, wanted))
    }
  }
})

onEveryEngine('every unique text is in the table above', async (t, engine) => {
  const { store } = await buildTestApp(t, engine)
  t.same(await uniqueTexts(store), UNIQUE.map(({ constraint }) => constraint).sort())
})

/** Names of the unique constraints over a normalised text. */
async function uniqueTexts(store: Store): Promise<string[]> {
  const { rows } = await store.query((reader) =>
    (store.engine === 'sqlite'
      ? sql<{ name: string }>`
          select t.name || '_' || c.name || '_unique' as name from sqlite_schema as t, pragma_index_list(t.name) as i, pragma_index_info(i.name) as c
          where t.type = 'table' and i."unique" and c.name like '%\\_key' escape '\\' order by 1`
      : sql<{ name: string }>`
          select conname as name from pg_constraint where contype = 'u' and conname like '%\\_key\\_unique' order by 1`
    ).execute(reader),
  )
  return rows.map(({ name }) => name)
}
