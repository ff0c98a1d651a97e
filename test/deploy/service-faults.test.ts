import { playFaults } from '../support/deployments.ts'
import { SERVICE_FAULTS } from './phase-faults.ts'

playFaults(SERVICE_FAULTS)
