// Plain JavaScript, for an older Node must be able to read it.
import { readFileSync } from 'node:fs'

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const [wantedMajor, wantedMinor] = engines.node.replace('>=', '').split('.').map(Number)

/** The oldest Node that runs this program. */
export const wantedNode = `${wantedMajor}.${wantedMinor}`

/** @param {string} version as in process.version: v24.7.0 */
export function isTooOld(version) {
  const [major, minor] = version.slice(1).split('.').map(Number)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}
