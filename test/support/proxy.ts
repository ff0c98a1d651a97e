import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface Proxy {
  /** The database's URL, by way of the proxy. */
  url: string
  /** 'silent': takes connections and says nothing; 'lose-commit': passes a commit on and cuts before its answer. */
  mode: 'open' | 'silent' | 'lose-commit'
}

/** Stands between a client and its PostgreSQL, to do what networks do. */
export async function startProxy(t: Test, url: string): Promise<Proxy> {
  const target = new URL(url)
  const proxy: Proxy = { url, mode: 'open' }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client.on('error', () => {}))
    if (proxy.mode === 'silent') return
    const upstream = connect(Number(target.port), target.hostname)
    sockets.add(upstream.on('error', () => {}))
    client.on('data', (chunk) => {
      upstream.write(chunk)
      if (proxy.mode === 'lose-commit' && chunk.includes('commit')) client.destroy()
    })
    upstream.on('data', (chunk) => client.write(chunk))
    client.on('close', () => setTimeout(() => upstream.destroy(), 200))
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.port = String((server.address() as AddressInfo).port)
  proxy.url = through.href
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return proxy
}
