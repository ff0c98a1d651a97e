import { purgeIdempotencyKeys } from './http/idempotency.ts'
import type { Job } from './jobs/job.ts'
import { purgeSessions } from './modules/auth/service.ts'

/** All background work, listed by hand; each job is made by the service of what it works on. */
export const jobs: Job[] = [purgeIdempotencyKeys, purgeSessions]
