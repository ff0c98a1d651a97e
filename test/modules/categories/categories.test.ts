import { buildTestApp, onEveryEngine } from '../../support/app.ts'

onEveryEngine('a category is made, read, changed and removed', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const made = await call('POST', '/categories', { body: { name: '  Ferretería ' } })
  t.equal(made.statusCode, 201)
  t.match(made.json(), { name: 'Ferretería', description: '', product_count: 0, version: 1 })
  t.equal(made.json().description, '')
  t.equal(made.headers.location, `/api/v1/categories/${made.json().id}`)
  const path = `/categories/${made.json().id}`

  const read = await call('GET', path, { as: 'viewer' })
  t.equal(read.body, made.body)
  t.equal((await call('GET', path, { headers: { 'if-none-match': `W/${read.headers.etag}` } })).statusCode, 304)

  const changed = await call('PATCH', path, {
    body: { description: 'Tornillos' },
    headers: { 'if-match': String(read.headers.etag) },
  })
  t.match(changed.json(), { name: 'Ferretería', description: 'Tornillos', version: 2 })
  const stale = await call('PATCH', path, {
    body: { description: 'x' },
    headers: { 'if-match': String(read.headers.etag) },
  })
  t.equal(stale.statusCode, 412)
  t.equal((await call('DELETE', path)).statusCode, 204)
  t.equal((await call('GET', path)).statusCode, 404)
})

onEveryEngine('names that differ in case, width or white space are one name', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const first = await call('POST', '/categories', { body: { name: 'Peña 1' } })
  for (const name of ['peña 1', ' PEÑA\u00a01 ', 'Pen\u0303a  1', 'Ｐｅña 1']) {
    const again = await call('POST', '/categories', { body: { name } })
    t.equal(again.statusCode, 409, name)
    t.equal(again.json().existing_id, first.json().id)
  }
  t.equal(
    (await call('POST', '/categories', { body: { name: 'Pena 1' } })).statusCode,
    201,
    'an accent makes another name',
  )
})

onEveryEngine('a walk over all pages meets each category once, in any order', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  for (let index = 0; index < 15; index += 1) await call('POST', '/categories', { body: { name: `Grupo ${index}` } })
  for (const sort of ['name', 'created_at', 'id']) {
    for (const order of ['asc', 'desc']) {
      const seen: number[] = []
      let path: string | null = `/categories?sort=${sort}&order=${order}&limit=4&include_total=true`
      while (path) {
        const page = await call('GET', path)
        t.equal(page.json().total, 15)
        seen.push(...page.json().data.map((category: { id: number }) => category.id))
        const link = /<(\?.*)>; rel="next"/.exec(String(page.headers.link ?? ''))?.[1]
        t.equal(Boolean(link), page.json().next_cursor !== null)
        path = link ? `/categories${link}` : null
      }
      t.equal(seen.length, 15)
      t.equal(new Set(seen).size, 15)
    }
  }
  const cursor = (await call('GET', '/categories?limit=2')).json().next_cursor
  t.equal(
    (await call('GET', `/categories?limit=2&order=desc&cursor=${cursor}`)).json().code,
    'invalid_cursor',
    'bound to its order',
  )
})

onEveryEngine('what is wrong with a request is said by field', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const unknown = await call('POST', '/categories', { body: { nmae: 'x' } })
  t.equal(unknown.statusCode, 422)
  t.match(unknown.json().errors, [{ pointer: '#/name' }, { pointer: '#/nmae', detail: /did you mean "name"/ }])
  t.equal((await call('POST', '/categories', { body: { name: '   ' } })).statusCode, 422)
  t.equal((await call('POST', '/categories', { body: { name: 'a\u0000b' } })).statusCode, 422)
  t.equal((await call('GET', '/categories?limt=5')).statusCode, 400)
  t.equal((await call('GET', '/categories?limit=101')).statusCode, 400)
  t.equal((await call('POST', '/categories', { as: 'supervisor', body: { name: 'x' } })).statusCode, 403)
  t.equal((await call('GET', '/categories', { as: 'nobody' })).statusCode, 401)
})

onEveryEngine('a repeated request takes effect once', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const send = (name: string) => call('POST', '/categories', { body: { name }, headers: { 'idempotency-key': 'k-1' } })
  const answers = await Promise.all(Array.from({ length: 10 }, () => send('Una')))
  t.same(new Set(answers.map((answer) => answer.body)).size, 1)
  t.same(
    answers.map((answer) => answer.statusCode),
    Array(10).fill(201),
  )
  t.equal(answers.filter((answer) => answer.headers['idempotency-replayed'] === 'true').length, 9)
  t.equal((await call('GET', '/categories')).json().data.length, 1)
  t.equal((await send('Otra')).json().code, 'idempotency_key_reused')
})

onEveryEngine(
  'a category shows how many products are in it, and takes none when it is not there',
  async (t, engine) => {
    const { call } = await buildTestApp(t, engine)
    for (const name of ['Una', 'Dos']) await call('POST', '/categories', { body: { name } })
    const add = (name: string, category_id: number) =>
      call('POST', '/products', { body: { name, price: '1.00', category_id } })
    for (const name of ['A', 'B']) t.equal((await add(name, 1)).statusCode, 201)
    t.equal((await call('GET', '/categories/1')).json().product_count, 2)
    t.equal((await call('PATCH', '/categories/1', { body: { description: 'x' } })).json().product_count, 2)
    const { data } = (await call('GET', '/categories?sort=id')).json()
    t.same(
      data.map(({ product_count }: { product_count: number }) => product_count),
      [2, 0],
    )
    const refused = await add('C', 99)
    t.equal(refused.statusCode, 422)
    t.match(refused.json().errors, [{ pointer: '#/category_id' }])
    t.match((await call('GET', '/categories/99')).json().detail, /no category 99/)
  },
)

onEveryEngine('a patch that changes nothing makes no new version', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const made = (await call('POST', '/categories', { body: { name: 'Una', description: 'x' } })).json()
  const change = (body: object) => call('PATCH', '/categories/1', { body })
  for (const same of [{ name: 'Una' }, { description: 'x' }, { name: 'Una', description: 'x' }]) {
    t.same((await change(same)).json(), made)
  }
  for (const [version, other] of [{ name: 'UNA' }, { description: '' }].entries()) {
    t.match((await change(other)).json(), { ...other, version: version + 2 })
  }
})
