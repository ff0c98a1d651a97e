/**
 * Fills an empty database with a believable shop: `npm run demo`. Everything is made by the services that the API uses,
 * in one transaction, so that the ledger explains every unit. The service may be running or not.
 */
import '../src/process/node-version.js'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { type Config, ConfigError, loadConfig } from '../src/config.ts'
import { Migrations } from '../src/db/migrator.ts'
import { openStore } from '../src/db/open.ts'
import type { Reader, Store } from '../src/db/types.ts'
import { actorOf } from '../src/http/actor.ts'
import { TransactionEffect } from '../src/http/effect.ts'
import { Effects } from '../src/http/effects.ts'
import { changeLocation } from '../src/modules/locations/service.ts'
import { listOf } from '../src/modules/products/list-service.ts'
import type { ProductQuery } from '../src/modules/products/schemas.ts'
import { verifyLedger } from '../src/modules/stock/service.ts'
import { ensureAdministrator } from '../src/modules/users/service.ts'
import { prepareDatabase } from '../src/process/prepare-database.ts'
import { announce } from '../src/process/welcome.ts'
import { fromAmount } from '../src/values/money.ts'
import { LOCATIONS } from './demo/catalogue.ts'
import { DemoShop } from './demo/fill.ts'

const WAIT_MS = 30_000

try {
  const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } })
  await run(loadConfig(), values.yes)
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : `Nothing was made: ${(error as Error).message}`)
  process.exitCode = 1
}

async function run(config: Config, isSure: boolean): Promise<void> {
  if (config.nodeEnv === 'production' && !isSure) {
    throw new Error('this is a production database. Repeat with `npm run demo -- --yes` to fill it all the same.')
  }
  const store = await openStore(config.database, { poolSize: 2, waitMs: WAIT_MS, onPoolError: () => {} })
  try {
    const log = pino({ level: 'silent' })
    await prepareDatabase(new Migrations(store), { migrate: config.migrateOnStart, log })
    await store.read(requireEmpty)
    announce(await ensureAdministrator({ store, effects: new Effects(store, config.secretKey) }, config), console.log)
    console.log('Making categories, products and some months of movements …')
    const movements = await store.exclusive(async (trx) => {
      // Somebody else may have filled it meanwhile.
      await requireEmpty(trx)
      const administrator = await trx
        .selectFrom('users')
        .select(['id', 'username', 'role'])
        .where('role', '=', 'admin')
        .orderBy('id')
        .limit(1)
        .executeTakeFirstOrThrow()
      const main = await trx
        .selectFrom('locations')
        .select('id')
        .where('is_default', '=', true)
        .executeTakeFirstOrThrow()
      const effect = new TransactionEffect(trx, { actor: actorOf(administrator) })
      const shop = new DemoShop(effect)
      await shop.fill(main.id)
      await changeLocation(effect, main.id, LOCATIONS.warehouse)
      return shop.movements
    }, WAIT_MS)
    await report(store, config, movements)
  } finally {
    await store.close()
  }
}

async function requireEmpty(db: Reader): Promise<void> {
  const product = await db.selectFrom('products').select('id').limit(1).executeTakeFirst()
  const category = await db.selectFrom('categories').select('id').limit(1).executeTakeFirst()
  if (product === undefined && category === undefined) return
  throw new Error('the database has categories or products already; the demonstration fills only an empty one.')
}

async function report(store: Store, config: Config, movements: number): Promise<void> {
  const count = async (stock_status?: 'low' | 'out') => {
    const filter = { limit: 1, sort: 'id', order: 'asc', archived: 'exclude', include_total: true } as ProductQuery
    const query = stock_status === undefined ? filter : { ...filter, stock_status }
    return (await listOf(store, query, { limit: 1, after: undefined })).total
  }
  const rows = await store.query((db) => db.selectFrom('product_costs').select('value').execute())
  const value = rows.reduce((sum, row) => sum + row.value, 0)
  const proof = await verifyLedger(store)
  console.log(`
  products     ${await count()}, of which ${await count('low')} are low and ${await count('out')} are out of stock
  movements    ${movements}
  stock value  ${fromAmount(value)} ${config.currency}
  ledger       ${proof.ok ? 'every balance is proven' : `${proof.differences.length} differences`}

Try GET /api/v1/stock/low, GET /api/v1/products?q=tornillo and GET /api/v1/stock?as_of=… in Swagger UI.`)
}
