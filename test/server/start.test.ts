import { createServer } from 'node:net'
import { test } from 'tap'
import { freePort } from '../../scripts/dev/free-port.ts'
import { startServer, temporaryFolder } from '../support/process.ts'

test('the first start prints the administrator once, the second not again', async (t) => {
  const cwd = temporaryFolder(t)
  const first = await startServer(t, { cwd })
  await first.healthy()
  const [, password = ''] = await first.printed(/user name {3}admin\n +password {4}(\S{12,})\n/)
  for (const path of ['/docs', '/openapi.json', '/health'])
    await first.printed(new RegExp(`http://localhost:\\d+${path}\\n`))
  t.equal(first.stdout().split(password).length, 2, 'the password stands there once')
  const login = await fetch(`${first.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  t.equal(login.status, 200)
  t.equal((await first.stop()).code, 0)
  t.notMatch(first.stderr(), /warning/i)
  const second = await startServer(t, { cwd })
  await second.healthy()
  await second.printed(/Health /)
  t.notMatch(second.stdout(), /password/)
  t.equal(second.stderr(), '')
})

test('a taken port: a choice is not exchanged, the usual one is', async (t) => {
  const port = await freePort()
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(port, '::', resolve))
  t.teardown(() => squatter.close())
  const chosen = await startServer(t, { port })
  t.equal(await chosen.exited, 1)
  t.match(chosen.stderr(), `port ${port} is taken by another program. Choose another one: PORT=${port + 1} npm start`)
  t.notMatch(chosen.stderr(), /\n {4}at /, 'no stack')
})

test('without PORT, in development, the next free port is taken', async (t) => {
  const squatter = createServer()
  const taken = await new Promise<boolean>((resolve) => {
    squatter.once('error', () => resolve(false)).listen(5000, '::', () => resolve(true))
  })
  t.teardown(() => squatter.close())
  const server = await startServer(t, { port: null })
  const [, port] = await server.printed(/http:\/\/localhost:(\d+)\/health/)
  t.ok(Number(port) > 5000 && Number(port) <= 5020, `${taken} ${port}`)
  await server.printed(/port 5000 is taken, trying 5001/)
  t.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200)
})

test('what is wrong with the environment is said in readable lines', async (t) => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL: must be one of trace, debug, info/],
    [{ PORT: 'http' }, /PORT: must be a whole number/],
    [{ NODE_ENV: 'production' }, /JWT_SECRET_KEY/],
    [{ DATABASE_URL: 'mysql://root:hunter2hunter2@db/stock' }, /DATABASE_URL/],
    [{ HOST: '203.0.113.77' }, /HOST=203.0.113.77 is no address of this machine/],
    [{ DATABASE_URL: 'sqlite:/dev/null/stock.db' }, /could not start/],
  ]
  for (const [env, message] of cases) {
    const server = await startServer(t, { env })
    t.equal(await server.exited, 1, JSON.stringify(env))
    t.match(server.stderr(), message)
    t.notMatch(server.stderr(), /\n {4}at |hunter2/)
    t.ok(server.stderr().split('\n').length < 6)
  }
})
