import { stripVTControlCharacters } from 'node:util'
import { test } from 'tap'
import { closingLine, createTapReport } from '../../scripts/dev/tap-report.ts'

/** Reports a TAP stream: the closing line and all that was printed before it. */
function report(tap: string, exitCode: number | null) {
  const printed: string[] = []
  const { write, finish } = createTapReport((text) => printed.push(stripVTControlCharacters(text)))
  // Cut where no line ends, as a pipe does.
  for (const [piece] of tap.matchAll(/.{1,37}/gs)) write(piece)
  return { closing: closingLine(finish(exitCode)), printed: printed.join('\n') }
}

test('nested tests count their assertions once', async (t) => {
  const { closing, printed } = report(
    `TAP version 14
1..1
# Subtest: test/stock.test.ts
    # Subtest: levels
        ok 1 - on hand
        # Subtest: reserved
            ok 1 - should be equal
            ok 2 - \\# SKIP is a name here
            1..2
        ok 2 - reserved # time=2ms
        1..2
    ok 1 - levels # time=8.98ms
    1..1
ok 1 - test/stock.test.ts # time=24.265ms

# { total: 3, pass: 3 }`,
    0,
  )
  t.equal(closing, '3 passed, 0 failed')
  t.equal(printed, 'ok     test/stock.test.ts (24 ms)')
})

test('a failure counts once, with its path and its difference', async (t) => {
  const { closing, printed } = report(
    `# Subtest: test/stock.test.ts
    # Subtest: levels
        not ok 1 - on hand
          ---
          compare: ===
          at:
            fileName: test/stock.test.ts
            lineNumber: 3
            columnNumber: 36
          diff: |
            --- expected
            +++ actual
            @@ -1,1 +1,1 @@
            -1
            +2
          source: |
            ok 7 - this is text
          ...
        
        ok 2 - reserved
        1..2
    not ok 1 - levels # time=31.917ms
      ---
      at:
        fileName: test/stock.test.ts
      ...
    1..1
not ok 1 - test/stock.test.ts # time=52.353ms
  ---
  exitCode: 1
  ...
`,
    1,
  )
  t.equal(closing, '1 passed, 1 failed')
  t.match(printed, '✗ test/stock.test.ts › levels › on hand\n    at test/stock.test.ts:3:36\n')
  t.match(printed, '    -1\n    +2\nFAILED test/stock.test.ts (52 ms)')
  t.notMatch(printed, 'this is text')
})

test('a file that does not load is one failure', async (t) => {
  const crash = `# Subtest: test/a.test.ts
    1..0 # no tests found
not ok 1 - test/a.test.ts # time=550.02ms
  ---
  exitCode: 1
  signal: null
  ...`
  t.equal(report(crash, 1).closing, '0 passed, 1 failed')
  t.match(report(crash, 1).printed, '✗ test/a.test.ts\n    exit code 1\n')
})

test('a file that passes and then ends badly is a failure too', async (t) => {
  const late = `# Subtest: test/a.test.ts
    ok 1 - fine
    1..1
not ok 1 - test/a.test.ts # time=550.02ms`
  t.equal(report(late, 1).closing, '1 passed, 1 failed')
})

test('a file without tests is a failure', async (t) => {
  const empty = `# Subtest: test/a.test.ts
    1..0 # no tests found
ok 1 - test/a.test.ts # SKIP no tests found`
  t.equal(report(empty, 0).closing, '0 passed, 1 failed')
})

test('what was skipped or is to do is named and is neither passed nor failed', async (t) => {
  const { closing, printed } = report(
    `# Subtest: test/a.test.ts
    ok 1 - browser # SKIP no chromium
    not ok 2 - one day # TODO
    ok 3 - fine
    1..3
ok 1 - test/a.test.ts # time=1ms
1..1`,
    0,
  )
  t.equal(closing, '1 passed, 0 failed, 2 skipped')
  t.match(printed, 'test/a.test.ts › browser (skip no chromium)')
})

test('a subtest without assertions counts as one test', async (t) => {
  const bare = `# Subtest: test/a.test.ts
    # Subtest: does not throw
        1..0
    ok 1 - does not throw # time=2ms
    1..1
ok 1 - test/a.test.ts # time=12ms
1..1`
  t.equal(report(bare, 0).closing, '1 passed, 0 failed')
})

test('an end without results is a failure', async (t) => {
  t.equal(report('', 1).closing, '0 passed, 1 failed', 'no files found')
  t.equal(report('# Subtest: test/a.test.ts\n    ok 1 - fine', 0).closing, '1 passed, 1 failed', 'cut off')
  t.equal(report('# Subtest: test/a.test.ts\n    ok 1 - fine', null).closing, '1 passed, 1 failed', 'tap was killed')
  t.equal(report('Bail out! enough\nBail out! enough', 1).closing, '0 passed, 1 failed', 'bailed out')
})

test('what tests print is passed on', async (t) => {
  const { printed } = report(
    '# Subtest: test/a.test.ts\n    {"level":"info"}\n    # said so\n    ok 1 - fine\n    1..1',
    0,
  )
  t.equal(printed, '{"level":"info"}\n# said so')
})
