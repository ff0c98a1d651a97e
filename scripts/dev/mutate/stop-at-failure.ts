/**
 * Loaded before a test file: the first of its tests that fails is the last one that runs. The process ends between two
 * tests, when the failed one has closed and removed what it made; tap's own bail, and Stryker's, leave that behind.
 */
import tap from 'tap'

type Subtest = Parameters<Parameters<typeof tap.on<'subtestStart'>>[1]>[0]

let previous: Subtest | undefined

tap.on('subtestStart', (test) => {
  if (previous?.parser.ok === false) process.exit(1)
  previous = test
})
