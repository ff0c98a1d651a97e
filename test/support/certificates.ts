import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Why certificates cannot be made here, or false. */
export async function withoutOpenssl(): Promise<string | false> {
  try {
    await run('openssl', ['version'])
    return false
  } catch {
    return 'openssl is not installed'
  }
}

/** A private certificate authority in `folder`; returns its certificate (PEM). */
export async function makeAuthority(folder: string, name: string): Promise<string> {
  const file = join(folder, name)
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-keyout', `${file}.key`, '-out', `${file}.crt`],
  ])
  return readFile(`${file}.crt`, 'utf8')
}

/** A server certificate for `host` only, signed by the authority; returns the paths of key and certificate. */
export async function makeServerCertificate(folder: string, authority: string, host: string) {
  const key = join(folder, 'server.key')
  const request = join(folder, 'server.csr')
  const extensions = join(folder, 'server.ext')
  const certificate = join(folder, 'server.crt')
  await run('openssl', [
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${host}`],
    ...['-keyout', key, '-out', request],
  ])
  await writeFile(extensions, `subjectAltName=DNS:${host}\n`)
  await run('openssl', [
    ...['x509', '-req', '-in', request, '-days', '2', '-extfile', extensions, '-CAcreateserial'],
    ...['-CA', join(folder, `${authority}.crt`), '-CAkey', join(folder, `${authority}.key`), '-out', certificate],
  ])
  return { key, certificate }
}
