import { playFaults } from '../support/deployments.ts'
import { MIGRATION_FAULTS } from './phase-faults.ts'

playFaults(MIGRATION_FAULTS)
