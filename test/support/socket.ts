import { connect, type Server } from 'node:net'

/** Sends text to a server and answers what comes back until the connection ends. */
export function exchange(address: ReturnType<Server['address']>, text: string): Promise<string> {
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(address.port, address.address, () => socket.write(text))
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
    })
    socket.once('close', () => resolve(answer)).once('error', reject)
  })
}
