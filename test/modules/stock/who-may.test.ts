import Fastify from 'fastify'
import tap from 'tap'
import { ROLES, type Role } from '../../../src/http/permissions.ts'
import type { Services } from '../../../src/http/services.ts'
import { locationRoutes } from '../../../src/modules/locations/routes.ts'
import { ledgerRoutes } from '../../../src/modules/stock/ledger/routes.ts'
import { levelRoutes } from '../../../src/modules/stock/levels/routes.ts'
import { movementRoutes } from '../../../src/modules/stock/movements/routes.ts'
import { buildTestApp, onEveryEngine, type TestApp } from '../../support/app.ts'
import { seedShop } from '../../support/shop.ts'
import { move } from '../../support/stock.ts'

type Request = [method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, least: Role, body?: object]

/** Every route of stock, movements, the ledger and locations, and the least role that may use it. */
const requests = (product: number, location: number, level: number, movement: number): Request[] => [
  ['GET', '/stock', 'viewer'],
  ['GET', `/stock?as_of=2026-01-01T00:00:00Z`, 'viewer'],
  ['GET', '/stock/low', 'viewer'],
  ['GET', `/stock/explain?product_id=${product}&location_id=${location}`, 'viewer'],
  ['GET', `/stock/${level}`, 'viewer'],
  ['PATCH', `/stock/${level}`, 'supervisor', { min_stock: 1 }],
  ['GET', `/products/${product}/stock`, 'viewer'],
  ['GET', `/products/${product}/movements`, 'viewer'],
  ['GET', '/movements', 'viewer'],
  ['GET', `/movements/${movement}`, 'viewer'],
  ['POST', '/movements', 'supervisor', { type: 'receipt', lines: [{ product_id: product, quantity: 1 }] }],
  ['POST', '/movements?dry_run=true', 'supervisor', { type: 'receipt', lines: [{ product_id: product, quantity: 1 }] }],
  ['POST', `/movements/${movement}/reversal`, 'supervisor'],
  ['GET', '/ledger/verify', 'admin'],
  ['GET', '/locations', 'viewer'],
  ['GET', `/locations/${location}`, 'viewer'],
  ['POST', '/locations', 'manager', { code: 'NUEVA', name: 'Nueva' }],
  ['PATCH', `/locations/${location}`, 'manager', { name: 'Central' }],
  ['DELETE', `/locations/${location}`, 'manager'],
  ['POST', `/locations/${location}/default`, 'manager'],
  ['POST', `/locations/${location}/archive`, 'manager'],
  ['POST', `/locations/${location}/restore`, 'manager'],
]

async function prepare(app: TestApp) {
  const { products, locations } = await seedShop(app.store)
  const [product = 0] = products
  const [location = 0] = locations
  const movement = (await move(app, 'receipt', [{ product_id: product, quantity: 3, unit_cost: '2.00' }])).json()
  const level = (await app.call('GET', '/stock')).json().data[0].id
  return { product, location, level, movement: movement.id as number }
}

onEveryEngine('each role may do what it is there for, and nothing else', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { product, location, level, movement } = await prepare(app)
  const all = requests(product, location, level, movement)
  const rowsBefore = (await app.call('GET', '/movements?include_total=true')).json().total
  for (const [method, path, least, body] of all) {
    const anonymous = await app.call(method, path, { as: 'nobody', body })
    t.match(anonymous.json(), { status: 401, code: 'unauthenticated' }, `${method} ${path} by nobody`)
    t.ok(anonymous.headers['www-authenticate'])
    for (const role of ROLES.filter((role) => ROLES.indexOf(role) < ROLES.indexOf(least))) {
      const answer = await app.call(method, path, { as: role, body })
      t.match(answer.json(), { status: 403, code: 'forbidden' }, `${method} ${path} by ${role}`)
    }
  }
  t.equal((await app.call('GET', '/movements?include_total=true')).json().total, rowsBefore, 'nothing was written')
  for (const [method, path, least, body] of all) {
    for (const role of ROLES.filter((role) => ROLES.indexOf(role) >= ROLES.indexOf(least))) {
      const { statusCode } = await app.call(method, path, { as: role, body })
      t.ok([200, 201, 204, 409].includes(statusCode), `${method} ${path} by ${role} answers ${statusCode}`)
    }
  }
})

tap.test('the routes above are all there are', async (t) => {
  const shape = (path: string) => path.replace(/\?.*/, '').replaceAll(/:\w+|\b\d+\b/g, '*')
  const listed = new Set(requests(1, 1, 1, 1).map(([method, path]) => `${method} ${shape(path)}`))
  const bare = Fastify({ exposeHeadRoutes: false })
  const found: string[] = []
  bare.addHook('onRoute', ({ method, url }) => {
    found.push(`${method} ${shape(url)}`)
  })
  for (const routes of [levelRoutes, ledgerRoutes, movementRoutes, locationRoutes])
    await bare.register(routes, {} as Services)
  t.same(new Set(found), listed)
})

onEveryEngine('values are shown to those who may see them', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const { product, movement } = await prepare(app)
  for (const role of ROLES) {
    const sees = role === 'manager' || role === 'admin'
    const one = (await app.call('GET', `/movements/${movement}`, { as: role })).json()
    t.equal(one.lines[0].value, sees ? '6.00' : null, `one movement to a ${role}`)
    const { data } = (await app.call('GET', '/movements', { as: role })).json()
    t.equal(data.at(-1).lines[0].value, sees ? '6.00' : null, `the list to a ${role}`)
    if (ROLES.indexOf(role) < ROLES.indexOf('supervisor')) continue
    const body = { type: 'issue', lines: [{ product_id: product, quantity: 1 }] }
    const dry = (await app.call('POST', '/movements?dry_run=true', { as: role, body })).json()
    t.equal(dry.lines[0].value, sees ? '2.00' : null, `a dry run to a ${role}`)
    const written = (await app.call('POST', '/movements', { as: role, body })).json()
    t.equal(written.lines[0].value, sees ? '2.00' : null, `a movement recorded by a ${role}`)
    const back = (await app.call('POST', `/movements/${written.id}/reversal`, { as: role })).json()
    t.equal(back.lines[0].value, sees ? '2.00' : null, `a reversal recorded by a ${role}`)
  }
  const tag = async (as: Role) => (await app.call('GET', `/movements/${movement}`, { as })).headers.etag as string
  const headers = { 'if-none-match': await tag('user') }
  t.equal((await app.call('GET', `/movements/${movement}`, { as: 'user', headers })).statusCode, 304)
  t.equal((await app.call('GET', `/movements/${movement}`, { as: 'manager', headers })).statusCode, 200)
})
