import { pino } from 'pino'
import { Migrations } from '../../src/db/migrator.ts'
import { openStore } from '../../src/db/open.ts'
import type { Store } from '../../src/db/types.ts'
import type { DatabaseTarget } from '../../src/db/url.ts'
import { prepareDatabase } from '../../src/process/prepare-database.ts'
import { Refusal } from './database.ts'
import type { Plan } from './plan.ts'
import { tablesOfFile } from './sqlite-source.ts'
import { type FirstAdministrator, inspectTarget, writePlan } from './target.ts'

const WAIT_MS = 30_000
const log = pino({ level: 'silent' })

/** The database to fill. An SQLite file that is not there yet is made when it is filled, and not before. */
export class Target {
  readonly #target: DatabaseTarget
  #store: Store | undefined

  private constructor(target: DatabaseTarget) {
    this.#target = target
  }

  /** @throws Refusal when it belongs to another program */
  static async open(database: DatabaseTarget): Promise<Target> {
    const target = new Target(database)
    if (database.engine === 'postgresql' || hasTables(database.file)) await target.#open()
    return target
  }

  /** Whether there is nothing in it at all. */
  get isNew(): boolean {
    return this.#store === undefined
  }

  /** For people; without a user's name or password. */
  get place(): string {
    if (this.#target.engine === 'sqlite') return `the SQLite file ${this.#target.file}`
    const { host, port, database } = this.#target.connection
    return `the PostgreSQL database ${database} at ${host}:${port}`
  }

  /** Looks whether it may be filled, and answers the administrator that is there. @throws Refusal */
  async inspect(): Promise<FirstAdministrator | undefined> {
    const store = this.#store
    if (store === undefined) return undefined
    const migrations = new Migrations(store)
    await prepareDatabase(migrations, { migrate: false, log, patienceMs: WAIT_MS })
    const { pending } = await migrations.state()
    const administrator = await store.read(inspectTarget)
    if (pending.length > 0 && store.engine === 'postgresql') {
      throw new Refusal(
        `The tables of ${this.place} are not up to date. Run \`npm run migrate -- up\` with its DATABASE_URL, then repeat.`,
      )
    }
    return administrator
  }

  /** Writes the plan, all or nothing. @returns the store it is in */
  async fill(plan: Plan): Promise<Store> {
    const store = await this.#open()
    await prepareDatabase(new Migrations(store), { migrate: store.engine === 'sqlite', log })
    await store.exclusive((trx) => writePlan(trx, plan), WAIT_MS)
    return store
  }

  async close(): Promise<void> {
    await this.#store?.close()
  }

  async #open(): Promise<Store> {
    this.#store ??= await openStore(this.#target, { poolSize: 2, waitMs: WAIT_MS, onPoolError: () => {} })
    return this.#store
  }
}

/** Looked at without opening it as a store, which would change a file of another program. @throws Refusal */
function hasTables(file: string): boolean {
  const tables = tablesOfFile(file)
  if (tables === undefined || tables.length === 0) return false
  if (tables.includes('kysely_migration')) return true
  throw new Refusal(`The file ${file} belongs to another program: name another one in DATABASE_URL or with --to.`)
}
