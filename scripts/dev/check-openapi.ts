/**
 * Checks the API document: `node scripts/dev/check-openapi.ts [file]`, `openapi/openapi.json` unless told otherwise.
 * Four checks, because each finds faults that the others let pass; any finding of any of them fails.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { check as checkPattern } from 'recheck'
import { runCommand } from './run-command.ts'

/** Both linters work from the files they are given: no telemetry, no search for updates. */
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' }

const { positionals } = parseArgs({ allowPositionals: true })
const file = positionals[0] ?? 'openapi/openapi.json'

const findings = await Promise.all([schemaFindings(), redoclyFindings(), spectralFindings(), patternFindings()]).catch(
  (error: Error) => [[`${file} cannot be read: ${error.message}`]],
)
for (const finding of findings.flat()) console.error(finding)
if (findings.flat().length === 0) console.log(`${file}: no findings`)
else process.exitCode = 1

async function readDocument(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(file, 'utf8'))
}

/** Against the OpenAPI initiative's own schema. */
async function schemaFindings(): Promise<string[]> {
  const { valid, errors } = await new Validator().validate(await readDocument())
  return valid ? [] : [`OpenAPI schema: ${JSON.stringify(errors, null, 2)}`]
}

async function redoclyFindings(): Promise<string[]> {
  const { ok, output } = await runCommand(['redocly', 'lint', '--config', 'openapi/redocly.yaml', file], QUIET)
  // Redocly ends well with warnings; here they count.
  return ok && !/\d+ warnings?/.test(output) ? [] : [`redocly:\n${output}`]
}

async function spectralFindings(): Promise<string[]> {
  const options = ['--fail-severity=hint', '--ruleset', 'openapi/spectral.yaml']
  const { ok, output } = await runCommand(['spectral', 'lint', ...options, file], QUIET)
  return ok ? [] : [`spectral:\n${output}`]
}

/** Every pattern is run on what strangers send, so none may take more than linear time. */
async function patternFindings(): Promise<string[]> {
  const patterns = new Set<string>()
  collectPatterns(await readDocument(), patterns)
  const findings: string[] = []
  for (const pattern of patterns) {
    // Ajv compiles patterns with the flag u.
    const { status } = await checkPattern(pattern, 'u')
    if (status !== 'safe') findings.push(`pattern ${pattern} is ${status === 'unknown' ? 'not proven safe' : status}`)
  }
  return findings
}

function collectPatterns(value: unknown, patterns: Set<string>) {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (key === 'pattern' && typeof member === 'string') patterns.add(member)
    else collectPatterns(member, patterns)
  }
}
