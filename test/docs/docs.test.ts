import { test } from 'tap'
import { buildTestApp } from '../support/app.ts'

test('the page and its files', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite', { API_TITLE: 'Shop <&> "co"' })
  const page = await app.inject({ url: '/docs/' })
  t.match(page.body, '<title>Shop &lt;&amp;> "co"</title>')
  t.notMatch(page.body, /<script>|(src|href)="[/h]/, 'no script in its text, no absolute address')
  for (const [, file] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const response = await app.inject({ url: `/docs/${file}` })
    t.equal(response.statusCode, 200, String(file))
    t.match(response.headers['content-type'], /^(text\/(css|javascript); charset=utf-8|image\/png)$/)
  }
  for (const file of ['index.html', 'package.json', '..%2fpackage.json', 'constructor', '__proto__']) {
    t.equal((await app.inject({ url: `/docs/${file}` })).statusCode, 404, file)
  }
})

test('the old addresses lead to the new ones', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite')
  const leads = { '/docs': 'docs/', '/swagger-ui': 'docs/', '/api-spec.json': 'openapi.json' }
  for (const [url, location] of Object.entries(leads)) {
    const response = await app.inject({ url })
    t.same([response.statusCode, response.headers.location], [302, location])
  }
  t.match((await app.inject({ url: '/openapi.yaml' })).body, /^openapi: 3\.0\.2\n/)
  t.equal((await app.inject({ url: '/openapi.json' })).json().openapi, '3.0.2')
})

test('the page can be switched off; the document stays', async (t) => {
  const { app } = await buildTestApp(t, 'sqlite', { SWAGGER_UI: 'false' })
  t.equal((await app.inject({ url: '/docs/' })).statusCode, 404)
  t.equal((await app.inject({ url: '/openapi.json' })).statusCode, 200)
})
