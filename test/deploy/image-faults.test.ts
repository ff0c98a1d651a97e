import { chmodSync } from 'node:fs'
import { t as tap, test } from 'tap'
import { checkImage } from '../../scripts/dev/deploy-check/image.ts'
import { copied, makeWorkspace, type Workspace } from '../../scripts/dev/deploy-check/phases/workspace.ts'
import { image, project, requireFound } from '../support/deployments.ts'
import { folderBuilder, lock } from '../support/folder-builder.ts'
import { IMAGE_FAULTS, type ImageFault } from './image-faults.ts'

const skip = process.platform === 'win32' && 'no POSIX accounts'

let workspace: Workspace | undefined

async function getWorkspace(): Promise<Workspace> {
  workspace ??= await makeWorkspace(project, copied)
  lock(workspace)
  return workspace
}

tap.teardown(() => {
  if (workspace === undefined) return
  lock(workspace, true)
  workspace.remove()
})

async function check({ facts, answers, spoil, spoilLater, patienceMs = 60_000 }: Partial<ImageFault> = {}) {
  const workspace = await getWorkspace()
  const places = { app: workspace.app, data: workspace.volume() }
  const builder = folderBuilder(workspace, answers)
  const { start } = builder
  builder.start = async (...args) => {
    const started = await start(...args)
    const run: typeof started.run = (words) => {
      spoilLater?.(places)
      return started.run(words)
    }
    return { ...started, run }
  }
  const repair = spoil?.(places)
  try {
    return await checkImage(project.root, { ...image, ...facts }, { builder, places, patienceMs })
  } finally {
    repair?.()
    // So that whoever runs this may remove it.
    chmodSync(places.data, 0o700)
  }
}

test('a good image passes', { skip }, async (t) => {
  const results = await check()
  t.strictSame(
    results.map(({ id, status }) => `${id} ${status}`),
    ['D1', 'D2', 'D3', 'D4', 'D5', 'D6'].map((id) => `${id} pass`),
    JSON.stringify(results),
  )
})

test('without a network nothing is built, and nothing is said of the Dockerfile', { skip }, async (t) => {
  for (const output of [
    'Error: initializing source docker://node: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    'npm error code ENOTFOUND\nnpm error network request to https://registry.example failed',
  ]) {
    t.match(await check({ answers: { built: { code: 1, output } } }), [
      { id: 'D1', status: 'not run', evidence: /ended with 1/ },
    ])
  }
})

test('an image on a base that stands in for the official one only lets assume', { skip }, async (t) => {
  const [first, ...others] = await check({ answers: { env: '[PATH=/usr/bin]' } })
  t.match(first, { id: 'D1', status: 'assumed', evidence: /stand-in/ })
  t.strictSame(
    others.filter(({ status }) => status !== 'pass'),
    [],
  )
})

for (const fault of IMAGE_FAULTS) {
  test(`${fault.id} finds ${fault.what}`, { skip }, async (t) => {
    requireFound(t, await check(fault), fault)
  })
}
