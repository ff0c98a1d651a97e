import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../free-port.ts'

export const LATE_MS = 3000

/**
 * The same database by another port, on which nobody answers at first: a platform's first deployment may be quicker than
 * its database.
 */
export async function arriveLate(url: string): Promise<{ url: string; close: () => void }> {
  const late = new URL(url)
  const { hostname, port } = late
  late.port = String(await freePort())
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname)
    for (const one of [socket, upstream]) {
      sockets.add(one)
      one.on('error', () => [socket, upstream].map((both) => both.destroy()))
    }
    socket.pipe(upstream).pipe(socket)
  })
  const timer = setTimeout(() => server.listen(Number(late.port)), LATE_MS)
  return {
    url: late.href,
    close: () => {
      clearTimeout(timer)
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
