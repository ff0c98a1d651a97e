import { compareWithModel } from '../support/model-run.ts'

compareWithModel(2000)
