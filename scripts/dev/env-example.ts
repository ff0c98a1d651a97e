import { readFileSync, writeFileSync } from 'node:fs'
import type { TSchema } from '@sinclair/typebox'
import { sections } from '../../src/config/schema.ts'

const HEAD = `# Every variable this program reads. Copy to .env and uncomment what you want to change;
# commented-out values are the defaults, or examples where there is no default.
# Generated from src/config/schema.ts by scripts/dev/env-example.ts: change it there.
`

/** The text of `.env.example`: every variable commented out, so that a copy of it changes nothing. */
export function envExample(): string {
  const parts = Object.entries(sections).map(([heading, variables]) => {
    const lines = Object.entries(variables).flatMap(([name, schema]) => describe(name, schema))
    return `\n# ---- ${heading} ----\n${lines.join('\n')}\n`
  })
  return HEAD + parts.join('')
}

function describe(name: string, schema: TSchema): string[] {
  const value = schema.default ?? schema.example ?? ''
  const alternative = schema.default !== undefined && schema.example !== undefined ? [`# e.g. ${schema.example}`] : []
  return ['', ...wrap(`${schema.description}${facts(schema)}`), ...alternative, `#${name}=${value}`]
}

function facts(schema: TSchema): string {
  const values: string[] | undefined = schema.enum
  if (values !== undefined && values.length < 20) return ` One of: ${values.join(', ')}.`
  if (schema.type === 'boolean') return ' true or false.'
  return schema.type === 'integer' ? ` From ${schema.minimum} to ${schema.maximum}.` : ''
}

function wrap(sentence: string): string[] {
  const lines = ['#']
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (`${last} ${word}`.length > 100) lines.push(`# ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function main(argument: string | undefined): void {
  const file = new URL('../../.env.example', import.meta.url)
  if (argument !== '--check') {
    writeFileSync(file, envExample())
  } else if (readFileSync(file, 'utf8') !== envExample()) {
    console.error('.env.example is not in step with src/config/schema.ts; run: node scripts/dev/env-example.ts')
    process.exitCode = 1
  }
}

if (import.meta.main) main(process.argv[2])
