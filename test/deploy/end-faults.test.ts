import { playFaults } from '../support/deployments.ts'
import { END_FAULTS } from './phase-faults.ts'

playFaults(END_FAULTS)
