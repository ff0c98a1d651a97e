import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { barcodeFault } from '../../src/values/barcode.ts'
import { buildTestApp, onEveryEngine, SECRETS, type TestApp } from '../support/app.ts'
import { walk } from '../support/walk.ts'

const ROOT = join(import.meta.dirname, '../..')

function demo({ url }: TestApp, env: Record<string, string> = {}, ...args: string[]) {
  const { PATH = '' } = process.env
  return spawnSync(process.execPath, [join(ROOT, 'scripts/demo.ts'), ...args], {
    env: { PATH, NODE_ENV: 'test', DATABASE_URL: url, ...SECRETS, ...env },
    encoding: 'utf8',
  })
}

interface Product {
  barcode: string
  sku: string
}

interface Level {
  location_code: string
  quantity: number
}

// The app has the database open all the while, as a running service has.
onEveryEngine('the demonstration shop is believable, and proven', async (t, engine) => {
  const app = await buildTestApp(t, engine, { RATE_LIMIT_MAX: '0' })
  const get = async (path: string) => (await app.call('GET', path)).json()
  const made = demo(app)
  t.equal(made.status, 0, made.stderr)
  t.match(made.stdout, 'every balance is proven')

  t.ok((await get('/categories?include_total=true')).total >= 8)
  const products = await walk<Product>(app, '/products', 100)
  t.ok(products.length >= 60)
  for (const { barcode, sku } of products) {
    t.match(barcode, /^\d{13}$/, sku)
    t.equal(barcodeFault(barcode), undefined, sku)
  }
  t.ok((await get('/products?stock_status=low&include_total=true')).total >= 3)
  t.ok((await get('/products?stock_status=out&include_total=true')).total >= 3)
  const stocked = (levels: Level[]) => levels.filter(({ quantity }) => quantity > 0)
  const now = stocked(await walk<Level>(app, '/stock', 100))
  t.same([...new Set(now.map((level) => level.location_code))].sort(), ['ALM', 'FUR', 'TIE'])
  const past = new Date(Date.now() - 60 * 24 * 3_600_000).toISOString()
  const then = stocked(await walk<Level>(app, `/stock?as_of=${past}`, 100))
  t.ok(then.length > 0)
  t.not(JSON.stringify(then.map(({ quantity }) => quantity)), JSON.stringify(now.map(({ quantity }) => quantity)))
  t.match(await get('/ledger/verify'), { ok: true, differences: [] })
  const types = new Set((await walk<{ type: string }>(app, '/movements', 100)).map(({ type }) => type))
  t.same([...types].sort(), ['adjustment', 'count', 'issue', 'receipt', 'transfer'])

  const again = demo(app)
  t.equal(again.status, 1)
  t.match(again.stderr, 'fills only an empty one')
  t.equal((await walk(app, '/products', 100)).length, products.length)
})

onEveryEngine('a production database is filled only by who says so', async (t, engine) => {
  const app = await buildTestApp(t, engine)
  const refused = demo(app, { NODE_ENV: 'production' })
  t.equal(refused.status, 1)
  t.match(refused.stderr, '--yes')
  t.same((await app.call('GET', '/products')).json().data, [])
  t.equal(demo(app, { NODE_ENV: 'production' }, '--yes').status, 0)
})
