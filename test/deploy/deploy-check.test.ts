import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { readDigitalocean } from '../../scripts/dev/deploy-check/deployments/digitalocean.ts'
import { isIgnored, readDockerfile } from '../../scripts/dev/deploy-check/dockerfile.ts'
import { IMAGE_RULES } from '../../scripts/dev/deploy-check/image.ts'
import { PHASES } from '../../scripts/dev/deploy-check/phases/phases.ts'
import { Project } from '../../scripts/dev/deploy-check/project.ts'
import { checkStatically, RULES } from '../../scripts/dev/deploy-check/static.ts'
import { IMAGE_FAULTS } from './image-faults.ts'
import { BUILD_FAULTS, END_FAULTS, MIGRATION_FAULTS, OVERLAP_FAULTS, SERVICE_FAULTS } from './phase-faults.ts'

const project = new Project(join(import.meta.dirname, '../..'))

/** A fault that real projects had, and the one rule that must find it. */
interface Mutation {
  id: string
  what: string
  file: string
  /** Text that stands there, and what takes its place; without it the file is gone, or new with `text`. */
  from?: string
  to?: string
  text?: string
}

const mutations: Mutation[] = JSON.parse(readFileSync(join(import.meta.dirname, 'mutations.json'), 'utf8'))

/** The ids that fail, each once, when the project has this fault. */
async function failing(mutation?: Mutation): Promise<{ ids: string[]; said: string }> {
  const changes = new Map<string, string | undefined>()
  if (mutation !== undefined) changes.set(mutation.file, mutate(mutation))
  const { results } = await checkStatically(project.with(changes))
  const failed = results.filter(({ status }) => status === 'fail')
  const said = failed.map(({ id, file, evidence }) => `${id} ${file}: ${evidence}`).join('\n')
  return { ids: [...new Set(failed.map(({ id }) => id))], said }
}

function mutate({ file, from, to, text }: Mutation): string | undefined {
  if (from === undefined || to === undefined) return text
  const before = project.read(file) ?? ''
  if (!before.includes(from)) throw new Error(`${file} does not hold ${JSON.stringify(from)}`)
  return before.replace(from, () => to)
}

test('the project itself passes', async (t) => {
  t.strictSame(await failing(), { ids: [], said: '' })
})

test('every fault is found by its rule and by no other', async (t) => {
  for (const mutation of mutations) {
    const { ids, said } = await failing(mutation)
    t.strictSame(ids, [mutation.id], `${mutation.id} ${mutation.what}\n${said}`)
  }
})

test('every rule is proven to fail', async (t) => {
  const proven = new Set(mutations.map(({ id }) => id))
  const { results } = await checkStatically(project)
  const asked = new Set([...RULES, ...results].map(({ id }) => id))
  // P only tells what is assumed, B24 needs a remote, B stands for a file that was not judged.
  for (const id of ['P', 'B', 'B24']) asked.delete(id)
  t.strictSame(
    [...asked].filter((id) => !proven.has(id)),
    [],
  )
})

test('every phase, and every rule about the image, is proven to fail', async (t) => {
  const faults = [...MIGRATION_FAULTS, ...SERVICE_FAULTS, ...OVERLAP_FAULTS, ...END_FAULTS, ...IMAGE_FAULTS]
  const proven = new Set([...BUILD_FAULTS, ...faults].map(({ id }) => id))
  // C2 only tells which database was to be had.
  const asked = [...PHASES, ...IMAGE_RULES].filter((id) => id !== 'C2')
  t.strictSame(
    asked.filter((id) => !proven.has(id)),
    [],
  )
})

test('a Dockerfile is read as its last stage says', async (t) => {
  const text =
    'FROM a:1 AS build\nUSER root\nFROM build AS more\nFROM b:2\n# USER x\nENV A=1 B="two words"\nUSER node\nCMD node x'
  t.match(readDockerfile(text), { bases: ['a:1', 'b:2'], env: { A: '1', B: 'two words' }, user: 'node' })
  t.equal(readDockerfile(text).command, undefined, 'shell form')
  t.strictSame(readDockerfile('FROM a\nCMD ["node", \\\n  "x.js"]\nEXPOSE 1 2/tcp').command, ['node', 'x.js'])
})

test('.dockerignore: the last pattern that fits decides', async (t) => {
  const text = '# all\n*\n!src\n!scripts\nscripts/dev\n!scripts/dev/image\n**/*.log\n/src/private/\n'
  for (const file of [
    'a.ts',
    '.env',
    'scripts/dev/check.ts',
    'scripts/dev/bench/load.ts',
    'src/deep/a.log',
    'src/private/a',
  ]) {
    t.ok(isIgnored(text, file), file)
  }
  for (const file of ['src/a.ts', 'src/deep/check.ts', 'scripts/demo/a.ts', 'scripts/dev/image/a.ts'])
    t.notOk(isIgnored(text, file), file)
})

test("DigitalOcean's references lead to a database of the app, or to the app itself", async (t) => {
  const references = ['db.CA_CERT', 'APP_URL', '_self.COMMIT_HASH', 'base.CA_CERT', 'db.CERT', 'APP_UR']
  const values = references.map((reference) => `\${${reference}}`)
  const envs = values.map((value, index) => ({ key: `V${index}`, value }))
  const { dangling } = readDigitalocean('x', { envs, services: [{ name: 'api' }], databases: [{ name: 'db' }] })
  t.strictSame(
    dangling,
    values.slice(3).map((value, index) => `V${index + 3}: ${value} leads nowhere`),
  )
})
