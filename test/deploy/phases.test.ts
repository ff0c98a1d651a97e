import { test } from 'tap'
import { checkPhases } from '../../scripts/deploy-check/phases/phases.ts'
import { deploymentOf, image, project, skip } from '../support/deployments.ts'

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
