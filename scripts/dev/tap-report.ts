/**
 * Makes of the TAP stream of `tap --reporter=tap` what a person wants to see: one line a file, failures in full where they
 * happen and listed again at the end, and exact counts. tap's own parser reads the stream.
 */
import { inspect, styleText } from 'node:util'
import { Parser, type Result } from 'tap-parser'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export interface TapReport {
  /** Takes more of the stream, wherever it was cut. */
  write: (text: string) => void
  /** Ends the report. `exitCode` is that of tap, null when a signal ended it. */
  finish: (exitCode: number | null) => Counts
}

interface State {
  counts: Counts
  failures: string[]
  print: (line: string) => void
}

/** What was counted before a subtest. */
interface Before {
  points: number
  failures: number
}

/** Comments that tell a reader nothing: those which open and close a subtest, and tap's own sums. */
const BOOKKEEPING = /^# (Subtest|time=|No coverage|\{ total)/
/** Diagnostics that tell a reader nothing: tap's bookkeeping, and the source which the place points to. */
const HIDDEN = new Set([
  'args',
  'at',
  'command',
  'compare',
  'cwd',
  'externalID',
  'jobId',
  'source',
  'stdio',
  'tapCaught',
])

/** Starts a report that writes its lines with `print`. */
export function createTapReport(print: (line: string) => void): TapReport {
  const state: State = { counts: { passed: 0, failed: 0, skipped: 0 }, failures: [], print }
  const parser = new Parser()
  watch(state, parser, [])
  // What is no TAP comes from the innermost test to the outermost, indented once for each.
  parser.on('extra', (text: string) => print(text.replaceAll(/^(?: {4})+|\n$/gm, '')))
  parser.on('bailout', (reason: string) => fail(state, `Bail out! ${reason}`, []))
  return {
    write: (text) => void parser.write(text),
    finish: (exitCode) => {
      parser.end()
      // A failure that is no test point (a lost process, no files found, a broken stream) must still show in the count.
      if ((exitCode !== 0 || !parser.ok) && state.counts.failed === 0) state.counts.failed = 1
      if (state.failures.length > 1) print(`\nFailed:\n${state.failures.map((name) => `  ${name}`).join('\n')}`)
      return state.counts
    },
  }
}

/** The last line of a test run. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

const total = (counts: Counts) => counts.passed + counts.failed + counts.skipped

/** Follows a test and, as they begin, its subtests; `path` holds the names of those around its points. */
function watch(state: State, parser: Parser, path: string[]) {
  let before: Before | undefined
  parser.on('child', (child: Parser) => {
    before = { points: total(state.counts), failures: state.failures.length }
    watch(state, child, [...path, child.name])
  })
  parser.on('comment', (text: string) => {
    if (!BOOKKEEPING.test(text)) state.print(text.trimEnd())
  })
  parser.on('assert', (point: Result) => take(state, point, path, point.closingTestPoint ? before : undefined))
}

/** @param before what was counted before the subtest that this point closes */
function take(state: State, point: Result, path: string[], before: Before | undefined) {
  const name = [...path, point.name].join(' › ')
  // What closes a subtest that had points of its own repeats their result, unless it failed for another reason.
  const repeats = before !== undefined && total(state.counts) > before.points
  const explained = before !== undefined && state.failures.length > before.failures
  // tap reports a file without tests as skipped and gives it no time.
  const empty = path.length === 0 && point.ok && !repeats && point.time === null
  if (empty) fail(state, name, ['this file holds no tests'])
  else if (!point.ok && point.todo === false && point.skip === false) {
    if (!explained) fail(state, name, describe(point.diag ?? {}))
  } else if (!repeats) countHarmless(state, point, name)
  if (path.length === 0) printFile(state, point, explained || empty)
}

function countHarmless(state: State, { skip, todo }: Result, name: string) {
  if (skip === false && todo === false) state.counts.passed += 1
  else {
    state.counts.skipped += 1
    const why = skip || todo
    const directive = [skip === false ? 'todo' : 'skip', ...(typeof why === 'string' ? [why] : [])]
    state.print(styleText('yellow', `- ${name} (${directive.join(' ')})`))
  }
}

function fail(state: State, name: string, details: string[]) {
  state.counts.failed += 1
  state.failures.push(name)
  state.print(`\n${styleText('red', `✗ ${name}`)}`)
  for (const line of details) state.print(`    ${line}`)
}

function printFile(state: State, { ok, name, time }: Result, failed: boolean) {
  const bad = failed || !ok
  const took = time === null ? '' : ` (${Math.round(time)} ms)`
  state.print(`${bad ? styleText('red', 'FAILED') : styleText('green', 'ok    ')} ${name}${took}`)
}

/** Makes readable lines of the diagnostics of a failed test point. */
function describe({ diff, stack, ...others }: Record<string, unknown>): string[] {
  const lines: string[] = []
  if (typeof stack === 'string')
    lines.push(
      ...stack
        .split('\n')
        .filter(isOurs)
        .map((frame) => `at ${frame.trim()}`),
    )
  else if (isPlace(others.at)) lines.push(`at ${others.at.fileName}:${others.at.lineNumber}:${others.at.columnNumber}`)
  for (const [key, value] of Object.entries(others)) {
    if (HIDDEN.has(key) || value === null) continue
    const text = typeof value === 'string' ? value : inspect(value, { depth: 10 })
    lines.push(...`${key === 'exitCode' ? 'exit code' : `${key}:`} ${text}`.split('\n'))
  }
  if (typeof diff === 'string') lines.push(...diff.trimEnd().split('\n').map(colourDiff))
  return lines
}

interface Place {
  fileName: string
  lineNumber: number
  columnNumber: number
}

const isPlace = (at: unknown): at is Place => typeof at === 'object' && at !== null && 'fileName' in at

/** Of a stack only the project's own frames. */
const isOurs = (frame: string) => /:\d+:\d+\)?$/.test(frame) && !frame.includes('node_modules')

function colourDiff(line: string): string {
  if (line.startsWith('-')) return styleText('red', line)
  return line.startsWith('+') ? styleText('green', line) : line
}
