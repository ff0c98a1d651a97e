import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { type Server, startServer } from '../support/process.ts'

const PASSWORD = 'correct-horse-battery'
/** As src/server.ts has it. */
const FORCED_AFTER_MS = 8000
const CREDENTIALS = JSON.stringify({ username: 'admin', password: PASSWORD })

async function ready(t: Test): Promise<Server> {
  const server = await startServer(t, { env: { ADMIN_PASSWORD: PASSWORD } })
  await server.healthy()
  return server
}

/** A connection on which a login has begun: its head and half its body are there. */
async function beginLogin(server: Server): Promise<{ socket: Socket; finish(): Promise<string> }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(socket, 'connect')
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk
  })
  const head = `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${CREDENTIALS.length}`
  socket.write(`${head}\r\nExpect: 100-continue\r\n\r\n${CREDENTIALS.slice(0, 10)}`)
  // The answer to that expectation says that the head has arrived.
  await once(socket, 'data')
  answer = ''
  const finish = async () => {
    const closed = once(socket, 'close')
    socket.write(CREDENTIALS.slice(10))
    await closed
    return answer
  }
  return { socket, finish }
}

test('a request under way is answered, idle connections end, and the process ends well', async (t) => {
  const server = await ready(t)
  const idle = connect(Number(new URL(server.url).port), '127.0.0.1')
  idle.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(idle, 'data')
  const idleEnded = once(idle, 'close')
  const login = await beginLogin(server)
  const stopped = server.stop('SIGTERM')
  await idleEnded
  await sleep(300)
  t.equal(server.process.exitCode, null, 'it waits for the request')
  await t.rejects(fetch(`${server.url}/health`), 'and takes no new ones')
  const answer = await login.finish()
  t.match(answer, /^HTTP\/1.1 200 /)
  t.match(answer, /"access_token"/)
  t.equal((await stopped).code, 0)
})

test('a connection on which nothing was sent does not hold the stop', async (t) => {
  const server = await ready(t)
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(silent, 'connect')
  const { code, ms } = await server.stop('SIGTERM')
  t.equal(code, 0)
  t.ok(ms < FORCED_AFTER_MS, `it is not forced: ${ms} ms`)
  silent.destroy()
})

test('a request that never ends does not hold the stop for ever', async (t) => {
  const server = await ready(t)
  await beginLogin(server)
  const { ms } = await server.stop('SIGTERM')
  t.ok(ms < 2 * FORCED_AFTER_MS, `${ms} ms`)
})

test('a second signal ends it at once', async (t) => {
  const server = await ready(t)
  await beginLogin(server)
  server.process.kill('SIGINT')
  await sleep(300)
  t.equal(server.process.exitCode, null)
  const { ms } = await server.stop('SIGINT')
  t.ok(ms < FORCED_AFTER_MS, `it does not wait for the request: ${ms} ms`)
})
