/**
 * Everything that must hold besides the tests: `npm run check`. All steps run, whatever fails; each is one line, and what
 * a failed one has to say follows it.
 */
import '../../src/process/node-version.js'
import { availableParallelism } from 'node:os'
import { styleText } from 'node:util'
import { type CommandResult, runCommand } from './run-command.ts'

interface Step {
  name: string
  command: string[]
}

const STEPS: Step[] = [
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  {
    name: 'import rules',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err-long',
      'src',
      'migrations',
      'scripts',
      'test',
    ],
  },
  { name: 'sizes', command: ['node', 'scripts/dev/check-sizes.ts'] },
  { name: 'stand-ins', command: ['node', 'scripts/dev/check-stand-ins.ts'] },
  { name: 'environment', command: ['node', 'scripts/dev/check-environment.ts'] },
  { name: 'who writes which table', command: ['node', 'scripts/dev/check-tables.ts'] },
  { name: 'OpenAPI document', command: ['node', 'scripts/dev/check-openapi.ts'] },
  { name: 'OpenAPI in step', command: ['node', 'scripts/dev/openapi.ts', '--check'] },
  { name: 'table types in step', command: ['node', 'scripts/dev/database-types.ts', '--check'] },
  { name: 'queries in step', command: ['node', 'scripts/dev/database-queries.ts', '--check'] },
  { name: '.env.example in step', command: ['node', 'scripts/dev/env-example.ts', '--check'] },
  // Generated files in step with their source, one line each: ['node', 'scripts/NAME.ts', '--check'] makes the file anew
  // in memory and fails when the committed one differs.
]

const failed = await runAll(STEPS)
const summary = `check: ${STEPS.length - failed} ok, ${failed} failed`
console.log(`\n${styleText(failed === 0 ? 'green' : 'red', summary)}`)
process.exitCode = failed === 0 ? 0 : 1

/** Runs the steps, as many at a time as the machine has cores, and answers how many failed. */
async function runAll(steps: Step[]): Promise<number> {
  const waiting = [...steps]
  let failures = 0
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const result = await runCommand(step.command)
      if (!result.ok) failures += 1
      print(step, result)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return failures
}

function print({ name, command }: Step, { ok, output, timeMs }: CommandResult) {
  const word = ok ? styleText('green', 'ok    ') : styleText('red', 'FAILED')
  console.log(`${word} ${name} (${(timeMs / 1000).toFixed(1)} s)`)
  if (!ok) console.log(`\n$ ${command.join(' ')}\n${output}\n`)
}
