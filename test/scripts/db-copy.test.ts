import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { sql } from 'kysely'
import { type Test, test } from 'tap'
import type { Engine, Store } from '../../src/db/types.ts'
import { buildTestApp, type TestApp } from '../support/app.ts'
import { engines, open } from '../support/databases.ts'
import { insertMovement } from '../support/ledger-rows.ts'
import { copy, runScript } from '../support/script.ts'
import { databaseFor } from '../support/stores.ts'

const skip = engines.length < 2 && 'no PostgreSQL is at hand'

const verify = (a: string, b: string, ...more: string[]) => runScript('db-verify.ts', ['--a', a, '--b', b, ...more])

const TEXTS = [
  'ñandú',
  '日本語 😀',
  'a "b" \\ {c,d} NULL',
  "O'Neil",
  'line\nbreak\ttab',
  '{',
  'null',
  '\u2028',
  'ﬁ\u00ad',
]

/** A shop with a bit of everything that is hard to copy. */
async function fillShop({ call }: TestApp): Promise<void> {
  const must = async (...args: Parameters<TestApp['call']>) => {
    const answer = await call(...args)
    if (answer.statusCode >= 300) throw new Error(`${args[1]}: ${answer.body}`)
    return answer.body === '' ? undefined : answer.json()
  }
  for (const [index, text] of TEXTS.entries()) {
    const name = `${index} ${text.replaceAll(/[\n\t]/g, ' ')}`
    await must('POST', '/categories', { body: { name, description: text } })
    const product = { name, description: text, price: '99999999.9999', category_id: index + 1, decimals: 3 }
    await must('POST', '/products', { body: product })
  }
  await must('DELETE', `/categories/${(await must('POST', '/categories', { body: { name: 'gone' } })).id}`)
  await must('POST', '/locations', { body: { code: 'B', name: 'Atrás' } })
  const line = { product_id: 1, quantity: 12.345, unit_cost: '0.3333' }
  const receipt = { type: 'receipt', note: TEXTS[2], effective_at: '1999-12-31T23:59:59.999Z', lines: [line] }
  const headers = { 'idempotency-key': 'once' }
  const { id } = await must('POST', '/movements', { body: receipt, headers })
  await must('POST', '/movements', { body: { type: 'receipt', lines: [{ ...line, product_id: 2 }] } })
  await must('POST', `/movements/${id}/reversal`, { body: {} })
  const transfer = { product_id: 2, quantity: 2.5, location_id: 1, to_location_id: 2 }
  await must('POST', '/movements', { body: { type: 'transfer', lines: [transfer] } })
  await must('POST', '/products/3/archive')
}

const other = (engine: Engine): Engine => (engine === 'sqlite' ? 'postgresql' : 'sqlite')

for (const engine of ['sqlite', 'postgresql'] as const) {
  test(`there and back nothing is lost (${engine})`, { skip }, async (t) => {
    const source = await buildTestApp(t, engine)
    await fillShop(source)
    const there = await databaseFor(t, other(engine), { empty: true })
    const back = await databaseFor(t, engine)
    const out = await copy(source.url, there.url)
    t.match(out, { code: 0, said: /rows copied; the ledger of .* proves every balance/ }, out.said)
    t.match(await copy(there.url, back.url), { code: 0 })
    t.match(await verify(source.url, there.url), { code: 0, said: /The two are the same/ })
    const json = await verify(source.url, back.url, '--json')
    const { ok, tables, ledgers } = JSON.parse(json.said)
    t.equal(ok, true)
    t.same(ledgers[0], ledgers[1])
    for (const { table, rows, checksums } of tables) {
      t.equal(checksums[0], await recompute(source.store, table), table)
      t.equal(rows[0], rows[1])
    }
    await worksOn(t, there.url)
    await worksOn(t, back.url)
  })
}

/** The checksum once more, from the words of its description alone. */
async function recompute(store: Store, table: string): Promise<string> {
  const { rows } = await store.read((db) => sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db))
  const sums = [0n, 0n]
  for (const row of rows) {
    const values = Object.keys(row)
      .sort()
      .map((name) => row[name])
    const digest = createHash('sha256').update(JSON.stringify(values)).digest('hex')
    for (const half of [0, 1])
      sums[half] = (sums[half] as bigint) + BigInt(`0x${digest.slice(half * 16, half * 16 + 16)}`)
  }
  return sums.map((sum) => (sum % 2n ** 64n).toString(16).padStart(16, '0')).join('')
}

/** The copy has the rules of the ledger and gives out the ids that the source would. */
async function worksOn(t: Test, url: string): Promise<void> {
  const store = await open(url)
  t.teardown(() => store.close())
  for (const change of ["update movements set note = 'x'", 'delete from movement_lines']) {
    await t.rejects(
      store.write((trx) => sql.raw(change).execute(trx)),
      /ledger_is_append_only/,
      change,
    )
  }
  await t.rejects(
    store.write((trx) => sql`update users set role = 'viewer'`.execute(trx)),
    /users_keep_an_admin/,
  )
  const at = '2026-01-01T00:00:00.000Z'
  const times = { created_at: at, updated_at: at }
  const nextIds = await store.write(async (trx) => {
    const category = { name: 'new', name_key: 'new', ...times }
    const one = await trx.insertInto('categories').values(category).returning('id').executeTakeFirstOrThrow()
    const movement = { type: 'count', actor_id: 1, effective_at: at, recorded_at: at }
    const two = await insertMovement(trx, movement, [{ product_id: 2, to_location_id: 2, quantity: 1000, value: 1 }])
    const level = await trx
      .selectFrom('stock')
      .select('quantity')
      .where('product_id', '=', 2)
      .where('location_id', '=', 2)
      .executeTakeFirstOrThrow()
    return { category: one.id, movement: two, level: level.quantity }
  })
  t.same(nextIds, { category: TEXTS.length + 2, movement: 5, level: 3500 })
}

test('what a search finds is found in the copy', { skip }, async (t) => {
  for (const engine of engines) {
    const source = await buildTestApp(t, engine)
    await fillShop(source)
    const target = await buildTestApp(t, other(engine))
    t.match(await copy(source.url, target.url, '--replace', '--yes'), { code: 0 })
    for (const q of ['ñandu', '日本語', 'neil', '"b"', 'fi']) {
      const path = `/products?q=${encodeURIComponent(q)}&archived=include`
      // Sessions were copied too: those of the source are valid in both.
      const headers = { authorization: `Bearer ${source.tokens.admin}` }
      const [mine, theirs] = [
        await source.call('GET', path),
        await target.app.inject({ url: `/api/v1${path}`, headers }),
      ]
      t.ok(mine.json().data.length > 0, q)
      t.same(theirs.json().data, mine.json().data, q)
    }
  }
})

test('values that cannot be copied are all told, and nothing is written', { skip }, async (t) => {
  const source = await buildTestApp(t, 'sqlite')
  await fillShop(source)
  await source.store.write(async (trx) => {
    const run = (statement: string) => sql.raw(statement).execute(trx)
    await run('pragma ignore_check_constraints = on')
    await run("update categories set description = 'a' || char(0) || 'b' where id = 1")
    await run("update categories set description = cast(x'ff41' as text) where id = 2")
    await run("update products set created_at = '2024-02-30T00:00:00.000Z' where id = 3")
    await run('update products set is_active = 7 where id = 4')
    await run('update users set version = 9007199254740993 where id = 2')
    await run("update products set barcode = 'x' where id = 5")
    await run('pragma ignore_check_constraints = off')
  })
  const target = await databaseFor(t, 'postgresql')
  const { code, said } = await copy(source.url, target.url)
  t.equal(code, 1)
  for (const line of [
    /categories id=1 description holds a NUL character/,
    /categories id=2 description is no text in UTF-8/,
    /products id=3 created_at is no instant/,
    /products id=4 is_active is neither 0 nor 1/,
    /users id=2 version is beyond 2\^53/,
    /CHECK constraint failed in products/,
    /nothing was written/,
  ])
    t.match(said, line)
  const store = await open(target.url)
  t.teardown(() => store.close())
  t.same(await store.read((db) => db.selectFrom('categories').select('id').execute()), [])
  t.equal((await store.read((db) => db.selectFrom('locations').select('id').execute())).length, 1)
})

test('instants that SQLite has no form for are told too', { skip }, async (t) => {
  const source = await buildTestApp(t, 'postgresql')
  await fillShop(source)
  await source.store.write((trx) => sql`update products set updated_at = 'infinity' where id = 1`.execute(trx))
  await source.store.write((trx) => sql`update products set updated_at = '0044-03-15 BC' where id = 2`.execute(trx))
  const target = await databaseFor(t, 'sqlite')
  const { code, said } = await copy(source.url, target.url)
  t.equal(code, 1)
  t.match(said, /products id=1 updated_at is no instant/)
  t.match(said, /products id=2 updated_at is no instant/)
})

for (const engine of engines) {
  test(`a target that has something is refused, merged or replaced (${engine})`, async (t) => {
    const source = await buildTestApp(t, 'sqlite')
    await fillShop(source)
    const target = await databaseFor(t, engine)
    t.match(await copy(source.url, target.url, '--dry-run'), { code: 0, said: /Nothing was written/ })
    t.match(await verify(source.url, target.url), { code: 1, said: /NOT the same/ })
    t.equal((await copy(source.url, target.url)).code, 0)
    t.match(await copy(source.url, target.url), { code: 1, said: /not empty.*(.|\n)*--replace(.|\n)*--merge/ })
    await source.call('POST', '/categories', { body: { name: 'later' } })
    const merged = await copy(source.url, target.url, '--merge')
    t.match(merged, { code: 0, said: /\n1 rows copied/ }, merged.said)
    t.equal((await verify(source.url, target.url)).code, 0)
    await source.call('PATCH', '/categories/1', { body: { description: 'changed' } })
    const conflict = await copy(source.url, target.url, '--merge')
    t.match(conflict, {
      code: 1,
      said: /categories id=1: description, updated_at, version\n(.|\n)*nothing was written/,
    })
    t.match(await copy(source.url, target.url, '--replace'), { code: 2, said: /pass --yes/ })
    t.equal((await verify(source.url, target.url)).code, 1)
    t.equal((await copy(source.url, target.url, '--replace', '--yes')).code, 0)
    t.equal((await verify(source.url, target.url)).code, 0)
  })

  test(`a ledger that does not prove itself is not copied (${engine})`, async (t) => {
    const source = await buildTestApp(t, engine)
    await fillShop(source)
    await source.store.write((trx) => sql`update stock set quantity = quantity + 1 where product_id = 2`.execute(trx))
    const target = await databaseFor(t, 'sqlite')
    const { code, said } = await copy(source.url, target.url)
    t.equal(code, 1)
    t.match(said, /does not prove its balances, so nothing was written:\n {2}\{"kind":"level","product_id":2/)
    t.match(await verify(source.url, source.url), { code: 1, said: /ledger a: .* differences\n {2}\{/ })
  })
}

for (const engine of engines) {
  test(`which jobs ran when stays with each installation (${engine})`, async (t) => {
    const source = await buildTestApp(t, 'sqlite')
    await fillShop(source)
    const target = await buildTestApp(t, engine)
    const ran = (store: Store, instant: string) => {
      const row = { name: 'purge', run: 1, started_at: instant, lease_ends_at: instant }
      return store.write((trx) => trx.insertInto('jobs').values(row).execute())
    }
    const [mine, theirs] = ['2026-01-01T00:00:00.000Z', '2026-02-02T00:00:00.000Z']
    await ran(source.store, mine)
    await ran(target.store, theirs)
    const copied = await copy(source.url, target.url, '--replace', '--yes')
    t.match(copied, { code: 0 }, copied.said)
    t.notMatch(copied.said, /^jobs/m)
    t.match(await copy(source.url, target.url, '--merge'), { code: 0, said: /\n0 rows copied/ })
    t.match(await verify(source.url, target.url), { code: 0, said: /The two are the same/ })
    t.match(await target.store.read((db) => db.selectFrom('jobs').selectAll().execute()), [{ started_at: theirs }])
    const fresh = await databaseFor(t, engine)
    const store = await open(fresh.url)
    t.teardown(() => store.close())
    await ran(store, theirs)
    t.match(await copy(source.url, fresh.url), { code: 0 }, 'a target in which only jobs ran is empty')
  })
}

test('a wrong name makes no file, and a secret is not told', async (t) => {
  const { url } = await databaseFor(t, 'sqlite')
  const missing = url.replace('stock.db', 'stok.db')
  t.match(await copy(missing, url), { code: 1, said: /There is no file .*stok\.db/ })
  t.notOk(existsSync(missing.slice('sqlite:'.length)))
  t.match(await copy('', url), { code: 2, said: /--from URL/ })
  t.match(await copy(url, 'env:NOT_THERE'), { code: 2, said: /NOT_THERE is not set/ })
  t.match(await copy(url, url, '--merge', '--replace'), { code: 2, said: /choose one/ })
  t.match(await runScript('db-copy.ts', ['--frm', url]), { code: 2, said: /Unknown option '--frm'/ })
  const away = await copy(url, 'postgresql://ana:geheim%40x@127.0.0.1:1/none', '--wait', '0')
  t.match(away, { code: 1, said: /No answer from the database none at 127\.0\.0\.1:1/ })
  t.notMatch(away.said, /geheim/)
  const own = await runScript('db-verify.ts', ['--a', 'env:HERE'], { HERE: url })
  t.match(own, { code: 0, said: /every balance is proven/ })
})
