import { createInterface } from 'node:readline/promises'
import { UsageError } from './open.ts'

/**
 * Asks for a word before something is lost.
 *
 * @throws UsageError where nobody can be asked
 */
export async function confirmWord(word: string, otherwise = '--yes'): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(`Nobody can be asked here: pass ${otherwise} to go on.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await terminal.question(`Type ${word} to go on: `)).trim() === word
  } finally {
    terminal.close()
  }
}
