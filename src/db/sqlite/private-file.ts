import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a file, and the folders to it, for its owner alone, where they are not there yet; SQLite would let everybody read
 * it. What SQLite makes beside it gets the mode of the file.
 */
export function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch {
    // It is there already, or SQLite will say why it cannot be.
  }
}
