import { playFaults } from '../support/deployments.ts'
import { OVERLAP_FAULTS } from './phase-faults.ts'

playFaults(OVERLAP_FAULTS)
