import type { CompiledQuery } from 'kysely'
import { codeOf } from '../../values/caught.ts'
import { statementNameOf } from '../prepared.ts'
import { isPlanChanged } from './errors.ts'

/** The names under which the connections of one pool prepare the hot statements, or that they do not. */
export class StatementNames {
  #enabled = true
  #generation = 0

  /** Undefined: the statement is not prepared by name. */
  of(query: CompiledQuery): string | undefined {
    const name = this.#enabled ? statementNameOf(query) : undefined
    return name === undefined || this.#generation === 0 ? name : `${this.#generation}_${name}`
  }

  /** Takes note of how the statement of that name failed, so that it works when it is run again. */
  learn(error: unknown, name: string): void {
    const code = codeOf(error)
    if (code === '26000' || code === '42P05') this.#enabled = false
    // New names, since every connection of the pool has the old plan; once, however many statements find out together.
    const isCurrent = name.startsWith(`${this.#generation}_`) || this.#generation === 0
    if (isPlanChanged(error) && isCurrent) this.#generation += 1
  }
}
