/**
 * Reads the TAP stream of `tap --reporter=tap` and makes of it what a person wants to see: one line a file, failures in
 * full where they happen and listed again at the end, and exact counts.
 */
import { styleText } from 'node:util'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export interface TapReport {
  /** Takes the next line of TAP, without its line break. */
  line: (text: string) => void
  /** Ends the report. `exitCode` is that of tap, null when a signal ended it. */
  finish: (exitCode: number | null) => Counts
}

interface Point {
  depth: number
  ok: boolean
  name: string
  directive: string | undefined
  timeMs: number | undefined
  diagnostics: string[]
}

interface Subtest {
  name: string
  pointsBefore: number
  failuresBefore: number
}

interface State {
  counts: Counts
  /** Open subtests; the index is the depth of the test point that will close each. */
  open: (Subtest | undefined)[]
  /** A test point whose diagnostics may still follow. */
  pending: Point | undefined
  inDiagnostics: boolean
  failures: string[]
  print: (line: string) => void
}

const POINT = /^(not )?ok\b(?: \d+)?(?: - )?(.*)$/
const SYNTAX = /^(TAP version \d+|\d+\.\.\d+.*|pragma .*|# (time=|No coverage|\{ total).*|\}|)$/
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
  const state: State = {
    counts: { passed: 0, failed: 0, skipped: 0 },
    open: [],
    pending: undefined,
    inDiagnostics: false,
    failures: [],
    print,
  }
  return {
    line: (text) => takeLine(state, text),
    finish: (exitCode) => {
      settle(state)
      // A failure that is no test point (a lost process, no files found) must still show in the count.
      if (exitCode !== 0 && state.counts.failed === 0) state.counts.failed = 1
      if (state.failures.length > 1) print(`\nFailed:\n${state.failures.map((name) => `  ${name}`).join('\n')}`)
      return state.counts
    },
  }
}

/** The last line of a test run. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function takeLine(state: State, text: string) {
  if (state.pending !== undefined && takeDiagnostics(state, state.pending, text)) return
  settle(state)
  const indent = text.length - text.trimStart().length
  const depth = Math.floor(indent / 4)
  const content = text.slice(depth * 4)
  const subtest = /^# Subtest: (.*)$/.exec(content)?.[1]
  const point = POINT.exec(content)
  if (subtest !== undefined) open(state, depth, subtest)
  else if (point !== null) state.pending = readPoint(depth, point[1] === undefined, point[2] ?? '')
  else if (content.startsWith('Bail out!')) bailOut(state, content)
  else if (!SYNTAX.test(content)) state.print(content)
}

function takeDiagnostics(state: State, point: Point, text: string): boolean {
  const pad = ' '.repeat(point.depth * 4 + 2)
  if (!state.inDiagnostics) {
    state.inDiagnostics = text === `${pad}---`
    return state.inDiagnostics
  }
  if (text === `${pad}...`) settle(state)
  else point.diagnostics.push(text.slice(pad.length))
  return true
}

function readPoint(depth: number, ok: boolean, rest: string): Point {
  const [, name = '', comment = ''] = /^(.*?)(?: # (.*))?$/.exec(rest) ?? []
  const time = /time=([\d.]+)ms/.exec(comment)?.[1]
  return {
    depth,
    ok,
    name: name.replace(/ \{$/, '').replaceAll('\\#', '#').trim(),
    directive: /^(?:skip|todo)\b.*/i.exec(comment)?.[0].replace(/^\w+/, (word) => word.toLowerCase()),
    timeMs: time === undefined ? undefined : Number(time),
    diagnostics: [],
  }
}

function open(state: State, depth: number, name: string) {
  state.open.length = depth
  state.open[depth] = { name, pointsBefore: total(state.counts), failuresBefore: state.failures.length }
}

const total = (counts: Counts) => counts.passed + counts.failed + counts.skipped

/** Counts the test point that no more diagnostics can follow. */
function settle(state: State) {
  const point = state.pending
  if (point === undefined) return
  state.pending = undefined
  state.inDiagnostics = false
  const subtest = state.open[point.depth]
  state.open.length = Math.min(state.open.length, point.depth)
  // What closes a subtest that had points of its own repeats their result, unless it failed for another reason.
  const repeats = subtest !== undefined && total(state.counts) > subtest.pointsBefore
  const explained = subtest !== undefined && state.failures.length > subtest.failuresBefore
  // tap reports a file without tests as skipped and gives it no time.
  const empty = point.depth === 0 && point.ok && !repeats && point.timeMs === undefined
  if (empty) fail(state, point.name, ['this file holds no tests'])
  else if (!point.ok && point.directive === undefined) {
    if (!explained) fail(state, pathOf(state, point), describe(point.diagnostics))
  } else if (!repeats) countHarmless(state, point)
  if (point.depth === 0) printFile(state, point, explained || empty)
}

function countHarmless(state: State, point: Point) {
  if (point.directive === undefined) state.counts.passed += 1
  else {
    state.counts.skipped += 1
    state.print(styleText('yellow', `- ${pathOf(state, point)} (${point.directive})`))
  }
}

/** tap repeats the line at every level that it ends. */
function bailOut(state: State, line: string) {
  if (state.failures.at(-1) !== line) fail(state, line, [])
}

function pathOf(state: State, point: Point): string {
  return [...state.open.slice(0, point.depth).map((subtest) => subtest?.name ?? '?'), point.name].join(' › ')
}

function fail(state: State, name: string, details: string[]) {
  state.counts.failed += 1
  state.failures.push(name)
  state.print(`\n${styleText('red', `✗ ${name}`)}`)
  for (const line of details) state.print(`    ${line}`)
}

function printFile(state: State, point: Point, failed: boolean) {
  const bad = failed || !point.ok
  const time = point.timeMs === undefined ? '' : ` (${Math.round(point.timeMs)} ms)`
  state.print(`${bad ? styleText('red', 'FAILED') : styleText('green', 'ok    ')} ${point.name}${time}`)
}

/** Makes readable lines of the YAML under a failed test point. */
function describe(yaml: string[]): string[] {
  const lines: string[] = []
  const at = Object.fromEntries(yaml.map((line) => line.trim().split(': ', 2)))
  if (at.fileName !== undefined && !yaml.includes('stack: |')) {
    lines.push(`at ${at.fileName}:${at.lineNumber}:${at.columnNumber}`)
  }
  let key = ''
  for (const line of yaml) {
    const found = /^(\w[\w-]*):/.exec(line)?.[1]
    if (found !== undefined) key = found
    if (HIDDEN.has(key) || (found !== undefined && ['diff', 'stack'].includes(key)) || line === 'signal: null') continue
    if (key === 'diff') lines.push(colourDiff(line.slice(2)))
    else if (key === 'stack') lines.push(...frames(line.trim()))
    else lines.push(line.replace('exitCode:', 'exit code'))
  }
  return lines
}

/** Of a stack only the project's own frames. */
function frames(line: string): string[] {
  return /:\d+:\d+\)?$/.test(line) && !line.includes('node_modules') ? [`at ${line}`] : []
}

function colourDiff(line: string): string {
  if (line.startsWith('-')) return styleText('red', line)
  return line.startsWith('+') ? styleText('green', line) : line
}
