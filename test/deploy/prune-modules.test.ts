import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Test, test } from 'tap'
import { pruneModules } from '../../scripts/dev/image/prune-modules.ts'

const LINUX = { platform: 'linux', arch: 'x64', musl: false }

/** Makes these files, prunes them, and answers what is left. */
function left(t: Test, files: string[], machine = LINUX): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'prune-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  pruneModules(folder, machine)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

test('types, maps, documents and tests go, code and licences stay', async (t) => {
  const useless = ['index.d.ts', 'index.js.map', 'README.md', 'test/a.js', 'docs/b.html', '.eslintrc', 'src/a.ts']
  const wanted = ['LICENSE.md', 'index.js', 'package.json', 'static/index.html', 'dist/docs/code.js']
  const inPackage = (name: string) => [...useless, ...wanted].map((file) => `${name}/${file}`)
  const expected = (name: string) => [...wanted.map((file) => `${name}/${file}`), `${name}/dist`, `${name}/dist/docs`]
  for (const name of ['plain', '@scope/part', 'outer/node_modules/inner']) {
    const all = [...inPackage(name), 'outer/package.json']
    const rest = left(t, all).filter((path) => path.startsWith(`${name}/`) && !path.endsWith('/static'))
    t.strictSame(rest, expected(name).sort(), name)
  }
})

test('of prebuilt binaries the one of this machine stays', async (t) => {
  const machines = ['linux-x64', 'linuxmusl-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64']
  const files = ['package.json', ...machines.map((machine) => `prebuilds/${machine}.node`)]
  const binaries = (machine: typeof LINUX) =>
    left(
      t,
      files.map((file) => `better-sqlite3/${file}`),
      machine,
    ).filter((path) => path.endsWith('.node'))
  t.strictSame(binaries(LINUX), ['better-sqlite3/prebuilds/linux-x64.node'])
  t.strictSame(binaries({ ...LINUX, musl: true }), ['better-sqlite3/prebuilds/linuxmusl-x64.node'])
  t.strictSame(binaries({ ...LINUX, arch: 'arm64' }), ['better-sqlite3/prebuilds/linux-arm64.node'])
})

test('the rules of one package touch no other', async (t) => {
  const files = ['package.json', 'deps/a.c', 'src/a.c', 'index.js', 'index.cjs', 'locale/es.cjs', 'locale/en-US.cjs']
  const rest = (name: string) =>
    left(
      t,
      files.map((file) => `${name}/${file}`),
    )
  t.notMatch(rest('better-sqlite3').join(' '), /deps|src/)
  t.match(rest('better-sqlite3').join(' '), /locale\/es/)
  t.strictSame(
    rest('date-fns').filter((path) => /js$/.test(path)),
    ['date-fns/index.cjs', 'date-fns/locale/en-US.cjs'],
  )
  t.match(rest('other').join(' '), /deps\/a.c.*src\/a.c/)
})
