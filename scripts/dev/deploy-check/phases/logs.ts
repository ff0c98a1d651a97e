/** C12: what was written while all this happened. */
import type { Stage } from './stage.ts'

/** Some platforms cut or drop what is longer. */
const LONGEST_LINE = 10_000

export function readLogs({ secrets, logs }: Stage): { problems: string[]; lines: number } {
  const services = logs.filter((running) => running.lines().some((line) => line.startsWith('{')))
  const lines = services.flatMap((running) => running.lines())
  const wrong = lines.filter((line) => !isLogLine(line))
  const everything = logs.map((running) => running.log()).join('\n')
  return {
    lines: lines.length,
    problems: [
      ...wrong.slice(0, 3).map((line) => `no line of a log: ${line.slice(0, 100)}`),
      ...(lines.some((line) => line.length > LONGEST_LINE) ? ['a line is longer than 10 kB'] : []),
      ...(secrets.some((secret) => everything.includes(secret)) ? ['a secret is in the log'] : []),
    ],
  }
}

function isLogLine(line: string): boolean {
  try {
    const { level, time } = JSON.parse(line) as { level?: unknown; time?: unknown }
    return typeof level === 'string' && typeof time === 'string'
  } catch {
    return false
  }
}
