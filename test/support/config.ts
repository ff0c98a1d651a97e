import { randomBytes } from 'node:crypto'
import type { RawEnvironment } from '../../src/config/legacy.ts'
import { type Config, ConfigError, loadConfig } from '../../src/config.ts'

export const goodSecret = () => randomBytes(48).toString('base64url')

/** Both secrets, so that nothing is written to disk. */
export const withSecrets = (env: RawEnvironment = {}): RawEnvironment => ({
  JWT_SECRET_KEY: goodSecret(),
  SECRET_KEY: goodSecret(),
  ...env,
})

export const load = (env: RawEnvironment = {}): Config => loadConfig(withSecrets(env), { cwd: '/srv/stock' })

/** The problems `env` is refused with; empty when it is accepted. */
export function problemsOf(env: RawEnvironment): readonly string[] {
  try {
    load(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
