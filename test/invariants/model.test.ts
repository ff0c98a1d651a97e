import { compareWithModel } from '../support/model-run.ts'

// Enough to meet every kind of operation many times; test/long has the run that finds what is rare.
compareWithModel(400)
