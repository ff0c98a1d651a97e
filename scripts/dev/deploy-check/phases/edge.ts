/** C8: who a request comes from, as the platform's edge says it. */
import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Profile } from '../profiles/profile.ts'
import { ask, type Running } from './programs.ts'

const TRUE_CLIENT = '203.0.113.7'
const FORGED = '198.51.100.66'

/** An address of this machine that lies in a private network, as the edge's does for the service. */
export function privateAddress(): string | undefined {
  const privates = new BlockList()
  privates.addSubnet('10.0.0.0', 8)
  privates.addSubnet('172.16.0.0', 12)
  privates.addSubnet('192.168.0.0', 16)
  privates.addSubnet('fc00::', 7, 'ipv6')
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .find((address) => privates.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
}

/** What the edge adds to a request in which the client wrote what it liked. */
function headersOf({ clientHeaders }: Profile): Record<string, string> {
  const [named] = clientHeaders ?? []
  const forged = { 'x-forwarded-for': `${FORGED}, ${TRUE_CLIENT}`, 'x-forwarded-proto': 'https' }
  return named === undefined ? forged : { ...forged, [named]: TRUE_CLIENT }
}

/** Asks for addresses that there are not: of a query the log keeps no values. */
export async function knowsItsClient(
  profile: Profile,
  { port, running }: { port: number; running: Running },
  edge: string,
): Promise<string[]> {
  await ask(port, '/api/v1/from-the-edge', { host: edge, headers: headersOf(profile) })
  await ask(port, '/api/v1/from-a-stranger', { host: '127.0.0.1', headers: headersOf(profile) })
  const through = addressIn(running, 'from-the-edge')
  const direct = addressIn(running, 'from-a-stranger')
  return [
    ...(through === TRUE_CLIENT ? [] : [`through the edge (${edge}) the client was taken for ${through}`]),
    ...(direct === TRUE_CLIENT || direct === FORGED ? [`a stranger was believed to be ${direct}`] : []),
  ]
}

function addressIn(running: Running, mark: string): unknown {
  const line = running.lines().findLast((text) => text.includes(mark))
  return line === undefined ? 'nobody, for it was not logged' : (JSON.parse(line) as { address?: string }).address
}

/** Addresses at which others reach this machine; a service bound to 127.0.0.1 answers at none of them. */
export function outsideAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  const outside = all.find(({ internal, family }) => !internal && family === 'IPv4')?.address
  const hasIpv6 = all.some(({ address }) => address === '::1')
  return [...(outside ? [outside] : []), ...(hasIpv6 ? ['::1'] : [])]
}
