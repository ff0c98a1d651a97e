import { killUnderLoad } from '../support/crash-run.ts'

killUnderLoad(3)
