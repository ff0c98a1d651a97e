import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { registerGuard, sessionToken } from './http/auth.ts'
import type { Limiter } from './http/limits.ts'
import type { Services } from './http/services.ts'
import { accountRoutes } from './modules/auth/account-routes.ts'
import { authRoutes } from './modules/auth/routes.ts'
import { createSessionLoader } from './modules/auth/service.ts'
import { LoginThrottle } from './modules/auth/throttle-service.ts'
import { categoryRoutes } from './modules/categories/routes.ts'
import { locationRoutes } from './modules/locations/routes.ts'
import { productRoutes } from './modules/products/routes.ts'
import { ledgerRoutes } from './modules/stock/ledger/routes.ts'
import { levelRoutes } from './modules/stock/levels/routes.ts'
import { movementRoutes } from './modules/stock/movements/routes.ts'
import { userActionRoutes } from './modules/users/action-routes.ts'
import { userRoutes } from './modules/users/routes.ts'

/** The groups of the document, in the order they are shown. */
export const tags = [
  { name: 'Auth', description: 'Logging in and out, and your own account.' },
  { name: 'Users', description: 'Who may do what; for administrators.' },
  { name: 'Categories', description: 'Groups of products.' },
  { name: 'Products', description: 'What is stocked.' },
  { name: 'Locations', description: 'Where it is stocked.' },
  { name: 'Stock', description: 'How much there is, now or at any time before.' },
  { name: 'Movements', description: 'The events that change stock; never changed themselves.' },
  { name: 'Ledger', description: 'The proof of every balance.' },
  { name: 'Health', description: 'For load balancers and platforms.' },
]

/** What the modules are made of. */
export interface Wiring {
  services: Services
  config: Config
  limit: Limiter
}

/** Registers every module, by hand and in order; each is given what it uses of the configuration, and no more. */
export async function registerModules(api: FastifyInstance, { services, config, limit }: Wiring): Promise<void> {
  const { store, effects } = services
  registerGuard(api, { credentials: [sessionToken(createSessionLoader(store))], limit })
  const auth = {
    ...services,
    throttle: new LoginThrottle(effects, config.secretKey),
    accessSeconds: config.jwtAccessTokenExpires,
    refreshSeconds: config.jwtRefreshTokenExpires,
  }
  await api.register(authRoutes, auth)
  await api.register(accountRoutes, auth)
  await api.register(userRoutes, services)
  await api.register(userActionRoutes, services)
  await api.register(categoryRoutes, services)
  await api.register(productRoutes, { ...services, currency: config.currency })
  await api.register(locationRoutes, services)
  await api.register(levelRoutes, services)
  await api.register(ledgerRoutes, services)
  await api.register(movementRoutes, services)
}
