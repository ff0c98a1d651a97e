/**
 * The service and its PostgreSQL on Railway, for its command line: `railway config plan`, then `railway config apply`.
 * Nothing else reads this file, neither a push nor a button. What is not named here is deleted from the project, and what is
 * kept by `preserve()` must be set once before, for example: `railway variable set SECRET_KEY --stdin`.
 */
import { defineRailway, github, postgres, preserve, service } from 'railway/iac'

export default defineRailway((_context, project) => {
  const database = postgres('Postgres')
  const api = service('stock-management-api', {
    source: github('your-org/stock-management-api', { branch: 'main' }),
    build: { builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' },
    preDeploy: 'node scripts/migrate.ts up',
    healthcheck: '/ready',
    healthcheckTimeout: 120,
    // Railway's own default kills at once.
    deploy: { drainingSeconds: 15, overlapSeconds: 5 },
    env: {
      DATABASE_URL: database.env.DATABASE_URL,
      JWT_SECRET_KEY: preserve(),
      SECRET_KEY: preserve(),
      ADMIN_PASSWORD: preserve(),
      TRUST_PROXY: 'uniquelocal,100.64.0.0/10',
      CLIENT_IP_HEADER: 'x-real-ip',
    },
  })
  return project('stock-management-api', { resources: [database, api] })
})
