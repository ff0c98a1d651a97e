/** C10: a stop as the platform gives it, with a request under way and an idle connection. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, type Running } from './programs.ts'
import type { Stage } from './stage.ts'
import type { Credentials } from './use.ts'

export async function stopsWell(
  stage: Stage,
  { port, running }: { port: number; running: Running },
  credentials: Credentials,
): Promise<{ problems: string[]; ms: number }> {
  const { graceSeconds, profile } = stage.deployment
  const idle = connect(port, '127.0.0.1')
  idle.on('error', () => {})
  const slow = await beginRequest(port, credentials)
  const began = performance.now()
  // Heroku signals every process of the container, the others the first one.
  running.signal('SIGTERM', profile.name === 'heroku')
  const refused = await refusal(port, graceSeconds * 500)
  const answer = await slow.finish()
  const outcome = await Promise.race([running.ended, atMost(graceSeconds * 1000)])
  const ms = Math.round(performance.now() - began)
  idle.destroy()
  await sleep(200)
  const left = await stage.database?.connections()
  const lastLine = running.lines().at(-1) ?? ''
  return {
    ms,
    problems: [
      ...(/^HTTP\/1.1 200 /.test(answer) ? [] : [`the request under way got ${answer.slice(0, 60) || 'no answer'}`]),
      ...(refused === 0 || refused === 503 ? [] : [`a new request was answered with ${refused}`]),
      ...(outcome === undefined ? [`it did not end within ${graceSeconds} s`] : []),
      ...(outcome && outcome.code !== 0
        ? [`it ended with ${outcome.code ?? outcome.signal}: ${running.log().slice(-300)}`]
        : []),
      ...(left === undefined || left === 0 ? [] : [`${left} connections to the database are left`]),
      ...(isJson(lastLine) ? [] : [`the last line of the log is cut: ${lastLine.slice(-80)}`]),
    ],
  }
}

/** The status of a new request once there is none, or one that refuses; after so long, whatever it is then. */
async function refusal(port: number, ms: number): Promise<number> {
  for (const deadline = performance.now() + ms; ; await sleep(50)) {
    const { status } = await ask(port, '/health', { timeoutMs: 1000 })
    if (status === 0 || status === 503 || performance.now() > deadline) return status
  }
}

/** A wait that keeps nobody waiting once the other thing has happened. */
function atMost(ms: number): Promise<undefined> {
  return sleep(ms, undefined, { ref: false })
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** A login of which half has arrived. */
async function beginRequest(port: number, credentials: Credentials) {
  const body = JSON.stringify(credentials)
  const socket: Socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let answer = ''
  socket.on('error', () => {})
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk
  })
  // It says when the head has arrived.
  const length = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nExpect: 100-continue`
  socket.write(`POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n${length}\r\n\r\n${body.slice(0, 5)}`)
  await Promise.race([once(socket, 'data'), once(socket, 'close'), atMost(10_000)])
  answer = ''
  return {
    finish: async () => {
      const closed = once(socket, 'close')
      socket.write(body.slice(5))
      await Promise.race([closed, atMost(10_000)])
      return answer
    },
  }
}
