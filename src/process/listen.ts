import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { codeOf } from '../values/caught.ts'

const NEXT_PORTS = 20

/**
 * Listens on every address, IPv6 and IPv4, or on HOST. In development, without a PORT of somebody's choice, the next
 * free port is taken when the usual one is not free.
 *
 * @returns the port
 * @throws Error that says what to do about a taken port
 */
export async function listen(app: FastifyInstance, config: Config): Promise<number> {
  const last = config.nodeEnv === 'development' && !config.portIsExplicit ? config.port + NEXT_PORTS : config.port
  for (let port = config.port; ; port += 1) {
    try {
      return await listenOn(app, config.host, port)
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE')) throw explain(error, config.host, port)
      if (port < last) {
        app.log.warn(`port ${port} is taken, trying ${port + 1}; choose one with PORT=…`)
        continue
      }
      throw new Error(
        `port ${port} is taken by another program. Choose another one: PORT=${port + 1} npm start` +
          (port === 5000 ? ' (on macOS, AirPlay Receiver holds port 5000; System Settings can switch it off)' : ''),
      )
    }
  }
}

async function listenOn(app: FastifyInstance, host: string | undefined, port: number): Promise<number> {
  try {
    await app.listen({ port, host: host ?? '::' })
  } catch (error) {
    // A machine without IPv6 has no `::`.
    if (host !== undefined || !(hasCode(error, 'EAFNOSUPPORT') || hasCode(error, 'EADDRNOTAVAIL'))) throw error
    await app.listen({ port, host: '0.0.0.0' })
  }
  const address = app.server.address()
  return typeof address === 'object' && address ? address.port : port
}

function explain(error: unknown, host: string | undefined, port: number): unknown {
  if (hasCode(error, 'EACCES'))
    return new Error(`port ${port} needs more rights than this user has; choose one above 1023 with PORT=…`)
  if (hasCode(error, 'EADDRNOTAVAIL') || hasCode(error, 'ENOTFOUND'))
    return new Error(`HOST=${host} is no address of this machine`)
  return error
}

const hasCode = (error: unknown, code: string) => codeOf(error) === code
