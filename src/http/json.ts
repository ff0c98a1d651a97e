import { invalidField, Problem } from '../errors.ts'

/** Numbers that may not be what was written once they are JavaScript numbers: long ones, and those with an exponent. */
const SUSPICIOUS = /[0-9.]{16}|[0-9][eE]/
/** Deeper than any body of this service, and far from what would exhaust the stack. */
const MAX_DEPTH = 32
const FORBIDDEN_NAMES = /"(?:__proto__|constructor|\\u00)/

class Inexact {}

/**
 * Parses a JSON body. A number that JavaScript would silently round is refused by name, so what is stored is what was
 * sent; `__proto__` and `constructor` as names are refused.
 *
 * @throws Problem `invalid-json`, `validation-failed`
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = SUSPICIOUS.test(text) ? JSON.parse(text, exactOnly as never) : JSON.parse(text)
  } catch (error) {
    throw new Problem('invalid-json', `The body could not be read as JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  if (SUSPICIOUS.test(text) || FORBIDDEN_NAMES.test(text)) inspect(value, '#', 0)
  return value
}

function exactOnly(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value
  return normalForm(context.source) === normalForm(String(value)) ? value : new Inexact()
}

/** A decimal number as sign, digits without zeros around them, and the place of the point. */
function normalForm(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (!match) return text
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const point = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${sign}${significant}e${point}`
}

function inspect(value: unknown, pointer: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new Problem('invalid-json', 'The body is nested too deeply.')
  if (value instanceof Inexact) throw invalidField(pointer, 'has more digits than can be kept exactly')
  for (const [key, item] of entriesOf(value)) {
    if (key === '__proto__' || key === 'constructor') throw invalidField(`${pointer}/${key}`, 'is not a known field')
    inspect(item, `${pointer}/${key}`, depth + 1)
  }
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []
