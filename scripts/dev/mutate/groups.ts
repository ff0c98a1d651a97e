import { globSync } from 'node:fs'
import { basename } from 'node:path'

/** Source that is mutated in one run, and the tests that are to notice. */
export interface Group {
  /** Folder of the source. */
  name: string
  mutate: string[]
  testFiles: string[]
}

/** What decides in a module; its schemas, routes and views are held by the contract and by every test of an answer. */
const DECIDING = /(?:^|[/-])(?:rules|repository|service)\.ts$/
const GENERATED = /\.gen\.ts$/

/** Tests of a folder are in the folder of the same name below `test`, and in these. */
const FURTHER_TESTS: Record<string, string[]> = {
  'src/http': ['test/contract'],
  'src/modules/stock': ['test/invariants'],
}

/**
 * What is mutated, folder by folder. Only the tests of a folder run on its mutants: what nothing but a test at the other
 * end of the project notices is found late by whoever makes that mistake.
 *
 * @param wanted folders or files of `src`; none stands for everything
 * @throws Error when there is nothing of that name to mutate
 */
export function groupsOf(root: string, wanted: string[]): Group[] {
  const folders = ['src/values', 'src/db', 'src/http', ...globSync('src/modules/*/', { cwd: root }).sort()]
  const paths = wanted.map((path) => path.replace(/^\.\//, '').replace(/\/$/, ''))
  const all = folders.map((name) => ({ name, files: mutable(root, name) }))
  const lost = paths.find((path) => !all.some(({ files }) => files.some(isIn(path))))
  if (lost !== undefined) throw new Error(`there is nothing to mutate in ${lost}`)
  return all.flatMap(({ name, files }) => {
    const mutate = paths.length === 0 ? files : files.filter((file) => paths.some((path) => isIn(path)(file)))
    return mutate.length === 0 ? [] : [{ name, mutate, testFiles: testsOf(root, name, mutate) }]
  })
}

const isIn = (path: string) => (file: string) => file === path || file.startsWith(`${path}/`)

function mutable(root: string, folder: string): string[] {
  const files = globSync(`${folder}/**/*.ts`, { cwd: root }).sort()
  return files.filter((file) => (folder.startsWith('src/modules/') ? DECIDING.test(file) : !GENERATED.test(file)))
}

/** Those named like a mutated file come first: they most likely notice, and then no other runs. */
function testsOf(root: string, folder: string, mutate: string[]): string[] {
  const homes = [folder.replace(/^src/, 'test'), ...(FURTHER_TESTS[folder] ?? [])]
  const files = homes.flatMap((home) => globSync(`${home}/**/*.test.ts`, { cwd: root })).sort()
  const names = new Set(mutate.map((file) => basename(file, '.ts')))
  const [first = [], second = []] = [true, false].map((near) =>
    files.filter((file) => names.has(basename(file, '.test.ts')) === near),
  )
  return [...first, ...second]
}
