import { test } from 'tap'
import { buildTestApp, onEveryEngine } from '../support/app.ts'
import { committedContract } from '../support/contract.ts'

/** A body that is taken, and one that is not, for everything that has unique names. */
const CASES: [path: string, first: object, second: object][] = [
  ['/categories', { name: 'Pinturas' }, { name: 'Jardín' }],
  ['/locations', { code: 'A1', name: 'Estante 1' }, { code: 'A2', name: 'Estante 2' }],
  [
    '/users',
    { username: 'ana', email: 'ana@example.com', password: 'caballo-grapa-correcta' },
    { username: 'luis', email: 'luis@example.com', password: 'caballo-grapa-correcta' },
  ],
  [
    '/products',
    { name: 'Brocha', sku: 'BRO', price: '1', category_id: 1 },
    { name: 'Cubo', price: '1', category_id: 1 },
  ],
]

test('everything that is created and may be taken is in CASES', async (t) => {
  const created = committedContract().operations.filter(({ method, path, operation }) => {
    return (
      method === 'post' && !path.includes('{') && operation.responses[201] && operation.operationId !== 'createMovement'
    )
  })
  t.same(CASES.map(([path]) => `/api/v1${path}`).sort(), created.map(({ path }) => path).sort())
})

onEveryEngine('what is refused takes no id, so that every engine gives the same ones', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  for (const [path, first, second] of CASES) {
    const made = (await app.call('POST', path, { body: first })).json()
    for (let round = 0; round < 3; round += 1) {
      t.equal((await app.call('POST', path, { body: first })).statusCode, 409, path)
    }
    t.equal((await app.call('POST', path, { body: second })).json().id, made.id + 1, path)
  }
})
