import { DatabaseUrlError } from '../db/tls.ts'

/** Stops the start. The message names every wrong variable and what would be right, and shows no secret. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Collects what is wrong, so that a person can put all of it right at once. */
export class Problems {
  readonly #list: string[] = []
  readonly #origins = new Map<string, string>()

  /** From now on messages about `name` speak of `origin`, the old name its value came by. */
  rename(name: string, origin: string): void {
    this.#origins.set(name, origin)
  }

  /** @param value shown, shortened; leave it out for secrets */
  add(name: string, problem: string, value?: unknown): void {
    const shown = value === undefined ? '' : `; it is ${shorten(JSON.stringify(value))}`
    this.#list.push(`${this.#origins.get(name) ?? name}: ${problem}${shown}`)
  }

  /** The answer of `parse`, or undefined after its error became a problem of `name`. */
  try<T>(name: string, parse: () => T): T | undefined {
    try {
      return parse()
    } catch (error) {
      const culprit = error instanceof DatabaseUrlError ? error.setting : name
      this.add(culprit, error instanceof Error ? error.message : String(error))
      return undefined
    }
  }

  /** @throws ConfigError when there is any problem */
  throwIfAny(): void {
    if (this.#list.length > 0) throw new ConfigError(this.#list)
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
