import { buildTestApp, onEveryEngine } from '../support/app.ts'

onEveryEngine('If-None-Match spares what the client has', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const { etag } = (await call('POST', '/categories', { body: { name: 'Una' } })).headers as { etag: string }
  const ask = (value: string) => call('GET', '/categories/1', { headers: { 'if-none-match': value } })
  for (const known of [etag, `W/${etag}`, '*', `"9", ${etag}`, `"9",W/${etag}, "x"`, ` ${etag} `]) {
    const response = await ask(known)
    t.equal(response.statusCode, 304, known)
    t.equal(response.body, '')
    t.equal(response.headers.etag, etag)
  }
  for (const other of ['"9"', 'W/"9"', etag.slice(1, -1), 'nonsense', '""', ',', '"1', "'1.0'"]) {
    t.equal((await ask(other)).statusCode, 200, other)
  }
})

onEveryEngine('If-Match refuses to change what has changed', async (t, engine) => {
  const { call } = await buildTestApp(t, engine)
  const { etag: first } = (await call('POST', '/categories', { body: { name: 'Una' } })).headers as { etag: string }
  const change = (value: string, description: string) =>
    call('PATCH', '/categories/1', { body: { description }, headers: { 'if-match': value } })
  const changed = await change(first, 'a')
  t.equal(changed.statusCode, 200)
  for (const stale of [first, `W/${first}`, `"7", ${first}`, 'nonsense', '""', '2', '"2x"', ',']) {
    const response = await change(stale, 'b')
    t.equal(response.statusCode, 412, stale)
    t.match(response.json(), { code: 'precondition_failed', current_version: 2 })
    t.equal((await call('DELETE', '/categories/1', { headers: { 'if-match': stale } })).statusCode, 412, stale)
  }
  const second = String(changed.headers.etag)
  t.equal((await change(`${first}, W/${second}`, 'c')).statusCode, 200)
  t.equal((await change('*', 'd')).statusCode, 200)
  t.equal((await call('PATCH', '/categories/1', { body: { description: 'e' } })).json().version, 5)
  t.equal((await call('DELETE', '/categories/99', { headers: { 'if-match': '*' } })).statusCode, 404)
})
