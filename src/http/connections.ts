import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * At a stop, ends connections on which nothing was ever sent: browsers and load balancers open some in advance. Node does
 * not count them among the idle ones, and a stop would wait for their first request.
 */
export function endSilentConnections(app: FastifyInstance): void {
  const open = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  app.addHook('preClose', (done) => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
    done()
  })
}
