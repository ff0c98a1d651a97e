import type { Store } from '../../src/db/types.ts'
import { actorOf } from '../../src/http/actor.ts'
import { type Effect, TransactionEffect } from '../../src/http/effect.ts'
import { Effects } from '../../src/http/effects.ts'
import { SECRETS } from './app.ts'

/** What services are given to read and to write with. */
export const servicesOf = (store: Store) => ({ store, effects: new Effects(store, SECRETS.SECRET_KEY) })

/** Carries out a write of a service as an administrator who need not be in the database. */
export const writeAs = <T>(store: Store, write: (effect: Effect) => Promise<T>, id = 1): Promise<T> =>
  store.write((trx) => write(new TransactionEffect(trx, { actor: actorOf({ id, username: 'admin', role: 'admin' }) })))
