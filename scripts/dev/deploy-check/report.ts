import { styleText } from 'node:util'
import { countOf, type Result, type Status } from './results.ts'

const STYLES = { pass: 'green', fail: 'red', 'not run': 'yellow', assumed: 'dim' } as const
const ORDER: Status[] = ['pass', 'assumed', 'not run', 'fail']

/** Everything that did not simply pass, by platform; what fails comes last, where it is read. */
export function report(results: Result[], all: boolean): string {
  const profiles = [...new Set(results.map(({ profile }) => profile))]
  const blocks = profiles.map((profile) => {
    const own = results.filter((result) => result.profile === profile)
    const shown = ORDER.filter((status) => all || status !== 'pass').flatMap((status) =>
      own.filter((result) => result.status === status).map(lineOf),
    )
    return [`${profile}: ${summaryOf(own)}`, ...shown].join('\n')
  })
  return [...blocks, lastLine(results)].join('\n\n')
}

function lineOf({ id, file, status, evidence }: Result): string {
  return `  ${styleText(STYLES[status], status.padEnd(7))} ${id.padEnd(4)} ${[file, evidence].filter(Boolean).join(': ')}`
}

function summaryOf(results: Result[]): string {
  return ORDER.filter((status) => countOf(results, status) > 0)
    .map((status) => `${countOf(results, status)} ${status}`)
    .join(', ')
}

export function lastLine(results: Result[]): string {
  const facts = countOf(results, 'assumed')
  return `${summaryOf(results)}: emulated locally; nothing was deployed; ${facts} facts assumed`
}
