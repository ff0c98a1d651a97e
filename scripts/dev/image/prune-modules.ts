/**
 * Takes out of `node_modules` what no program loads: `node scripts/prune-modules.ts FOLDER`. Meant for an image: two thirds
 * of what packages ship are sources of native code, binaries for other machines, types, tests and documents. Licences stay.
 */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

export interface Machine {
  platform: string
  arch: string
  /** Alpine and the like. */
  musl: boolean
}

/** Beside a package's package.json only: deeper, a folder called `docs` may be part of the code. */
const FOLDERS = new Set(
  'test tests __tests__ doc docs example examples bench benchmark benchmarks coverage integration'.split(' '),
)
const FILES = /(?:\.(?:md|markdown|map|d\.[cm]?ts|[cm]?ts|tsbuildinfo|gypi?|h|cpp)|(?:^|\/)\.[^/]+)$/i
const LICENCE = /(?:^|\/)(?:licen[cs]e|notice|copying)[^/]*$/i

/** What single packages have too much of. */
const PACKAGES = new Map<string, RegExp>([
  ['better-sqlite3', /^(?:deps|src)\//],
  // Only pino-roll loads it, with `require`, and writes dates in no language but the default one.
  ['date-fns', /\.js$|(?:^|\/)cdn\.|^fp\/|^locale\.cjs$|^locale\/(?!en-US|_lib)/],
])

if (import.meta.main) {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  const musl = process.platform === 'linux' && header.glibcVersionRuntime === undefined
  const removed = pruneModules(process.argv[2] ?? 'node_modules', { ...process, musl })
  console.log(`${removed.length} files removed`)
}

/** @returns the paths that were removed, relative to `folder`, with forward slashes */
export function pruneModules(folder: string, machine: Machine): string[] {
  const removed = packagesIn(folder).flatMap((home) =>
    uselessIn(join(folder, home), nameOf(home), machine).map((path) => `${home}/${path}`),
  )
  for (const path of removed) rmSync(join(folder, path))
  removeEmptyFolders(folder)
  return removed
}

/** Every package, also those inside others, as `@fastify/static` or `glob/node_modules/minimatch`. */
function packagesIn(folder: string): string[] {
  const own = readdirSync(folder)
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(folder, name)).map((part) => `${name}/${part}`) : name))
    .filter((name) => existsSync(join(folder, name, 'package.json')))
  return own.flatMap((name) => {
    const inner = join(folder, name, 'node_modules')
    const nested = existsSync(inner) ? packagesIn(inner) : []
    return [name, ...nested.map((deeper) => `${name}/node_modules/${deeper}`)]
  })
}

function nameOf(home: string): string {
  return home.replace(/^.*node_modules\//, '')
}

function uselessIn(home: string, name: string, machine: Machine): string[] {
  return filesIn(home).filter((path) => {
    if (LICENCE.test(path)) return false
    const [first = ''] = path.split('/')
    return FOLDERS.has(first) || FILES.test(path) || PACKAGES.get(name)?.test(path) || isForeign(path, machine)
  })
}

function filesIn(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((path) => !path.startsWith('node_modules/'))
}

/** A prebuilt binary for another machine; they are named `linux-x64.node`, `linuxmusl-arm64.node`. */
function isForeign(path: string, { platform, arch, musl }: Machine): boolean {
  return (
    path.endsWith('.node') &&
    path.includes('prebuilds/') &&
    !path.endsWith(`/${platform}${musl ? 'musl' : ''}-${arch}.node`)
  )
}

function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const path = join(folder, entry.name)
    removeEmptyFolders(path)
    if (readdirSync(path).length === 0) rmdirSync(path)
  }
}
