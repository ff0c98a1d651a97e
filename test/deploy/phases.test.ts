import { test } from 'tap'
import { checkPhases } from '../../scripts/dev/deploy-check/phases/phases.ts'
import { makeWorkspace } from '../../scripts/dev/deploy-check/phases/workspace.ts'
import { deploymentOf, image, project, skip } from '../support/deployments.ts'
import { BUILD_FAULTS } from './phase-faults.ts'

test('a database that demands TLS by an authority of its own is migrated, used, left and found again', {
  skip,
}, async (t) => {
  const results = await checkPhases(project, [deploymentOf('.do/deploy.template.yaml')], image)
  // Without a network nothing can be installed, and without a private address nobody can be the edge.
  const good = results.map(({ id, status }) => `${id} ${status === 'not run' ? 'pass' : status}`)
  const ids = ['C1', 'C2', 'C3', 'C4', 'C5', 'C5', 'C7', 'C6', 'C8', 'C11', 'C10', 'C9', 'C12']
  t.strictSame(
    good,
    ids.map((id) => `${id} pass`),
    JSON.stringify(results),
  )
})

for (const { id, what, file, text, said, install } of BUILD_FAULTS) {
  test(`${id} finds ${what}`, { skip }, async (t) => {
    const workspace = await makeWorkspace(project.with(new Map([[file, text]])), install)
    t.teardown(workspace.remove)
    t.match(workspace.result, { id, status: 'fail', evidence: said })
  })
}

test('what cannot be built is not played', { skip }, async (t) => {
  const broken = project.with(new Map([['package-lock.json', undefined]]))
  t.match(await checkPhases(broken, [deploymentOf('docker-compose.yml')], image), [{ id: 'C1', status: 'fail' }])
})
