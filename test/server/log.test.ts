import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { startServer } from '../support/process.ts'

const SECRETS = {
  JWT_SECRET_KEY: 'Zk3vQ9xR7mW2pL8sT5yB1nD6hF4jG0cA',
  SECRET_KEY: 'aP8uY2wE6rT4iO0qS9dF7gH5jK3lM1xN',
  ADMIN_PASSWORD: 'Correct-Horse-7-Battery',
}

const logIn = (url: string, password: string) =>
  fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })

test('in production every line is JSON with a level and a time, and none holds a secret', async (t) => {
  const server = await startServer(t, { env: { NODE_ENV: 'production', LOG_LEVEL: 'trace', ...SECRETS } })
  await server.healthy()
  const right = await logIn(server.url, SECRETS.ADMIN_PASSWORD)
  t.equal(right.status, 200)
  const { access_token, refresh_token } = (await right.json()) as { access_token: string; refresh_token: string }
  t.equal((await logIn(server.url, 'wrong-password-77')).status, 401)
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'Varios' })
  t.equal((await fetch(`${server.url}/api/v1/categories`, { method: 'POST', headers, body })).status, 201)
  for (const name of ['access_token', 'api_key', 'code']) {
    await fetch(`${server.url}/nowhere?${name}=s3cret-in-the-query&page=2`)
  }
  await fetch(`${server.url}/nowhere?s3cret-in-the-query`)
  t.equal((await server.stop()).code, 0)
  const lines = server.stdout().trim().split('\n')
  t.ok(lines.length > 5)
  for (const line of lines) {
    const { level, time, msg } = JSON.parse(line)
    t.match(level, /^(trace|debug|info|warn|error|fatal)$/)
    t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    t.type(msg, 'string')
  }
  t.match(server.stdout(), /"url":"\/api\/v1\/categories".*"user":1,"changes":\["category 1"\]/, 'who changed what')
  t.match(server.stdout(), '"url":"/nowhere?access_token=*&page=*"', 'what was asked, without its values')
  t.notOk(server.stdout().includes('s3cret-in-the-query'))
  t.equal(server.stderr(), '', 'and nothing beside the log')
  const everything = server.stdout()
  for (const secret of [...Object.values(SECRETS), 'wrong-password-77', access_token, refresh_token]) {
    t.notOk(everything.includes(secret), secret.slice(0, 5))
  }
})

test('a log file is kept beside stdout, in so many files of such a size', async (t) => {
  const env = { LOG_FILE: 'logs/stock.log', LOG_FILE_SIZE: '4k', LOG_FILE_COUNT: '3', RATE_LIMIT_MAX: '0' }
  const server = await startServer(t, { env })
  await server.healthy()
  for (let index = 0; index < 150; index += 1) await fetch(`${server.url}/nowhere/${index}`)
  t.equal((await server.stop()).code, 0)
  const folder = join(server.cwd, 'logs')
  const files = readdirSync(folder)
  t.ok(files.length >= 2 && files.length <= 3, files.join(' '))
  let last = ''
  for (const file of files) {
    t.ok(statSync(join(folder, file)).size < 8192, file)
    const text = readFileSync(join(folder, file), 'utf8')
    last = text.includes('"stopping"') ? text : last
    // The newest file may have been begun by the last line before.
    for (const line of text.split('\n').filter((line) => line !== '')) t.ok(JSON.parse(line).level)
  }
  t.match(last, '/nowhere/149', 'the newest lines are there')
})
