import { invalidField, Problem } from '../errors.ts'

/** Names that reach into an object's prototype. */
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor'])
/** Deeper than any body of this service. */
const MAX_DEPTH = 32
const NUMBER = /[-+.\deE]+/y

/** An object or array around the present place in the text. */
interface Container {
  isObject: boolean
  /** Where in it: the present name, or the present index. */
  key: string | number
  /** The names seen so far. */
  names: Set<string> | undefined
}

/**
 * Looks through the text of a JSON document for what would not be kept as it was sent, or says two things: a number that
 * JavaScript would round, half a character, NUL, a name given twice, a name that reaches into a prototype. Once over the
 * text, and a pointer is made only for what is refused: a reviver would take half a second for a body of short numbers.
 *
 * @param text a valid JSON document
 * @throws Problem `validation-failed`, `invalid-json` when it is nested too deeply
 */
export function inspectJson(text: string): void {
  const containers: Container[] = []
  let expectsName = false
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string
    const inner = containers.at(-1)
    if (sign === '"') {
      const end = endOfString(text, at)
      const string = stringOf(text, at, end)
      if (inner?.isObject && expectsName) enterField(containers, inner, string)
      else inspectString(containers, string)
      at = end
    } else if (sign === '{' || sign === '[') {
      if (containers.length === MAX_DEPTH) throw new Problem('invalid-json', 'The body is nested too deeply.')
      containers.push({ isObject: sign === '{', key: 0, names: undefined })
      expectsName = true
    } else if (sign === '}' || sign === ']') containers.pop()
    else if (sign === ':') expectsName = false
    else if (sign === ',') {
      expectsName = true
      if (inner && typeof inner.key === 'number') inner.key += 1
    } else if (sign === '-' || (sign >= '0' && sign <= '9')) at = inspectNumber(containers, text, at) - 1
  }
}

function enterField(containers: Container[], inner: Container, name: string): void {
  inner.key = name
  if (FORBIDDEN_NAMES.has(name)) throw invalidField(pointerOf(containers), 'is not a known field')
  inner.names ??= new Set()
  if (inner.names.has(name)) throw invalidField(pointerOf(containers), 'is given twice')
  inner.names.add(name)
}

function inspectString(containers: Container[], string: string): void {
  if (!string.isWellFormed()) throw invalidField(pointerOf(containers), 'holds half a character')
  if (string.includes('\0')) throw invalidField(pointerOf(containers), 'holds a NUL character')
}

/** @returns where the number ends */
function inspectNumber(containers: Container[], text: string, start: number): number {
  NUMBER.lastIndex = start
  NUMBER.test(text)
  const end = NUMBER.lastIndex
  const written = text.slice(start, end)
  const read = Number(written)
  if (!isSurelyExact(written, read) && normalForm(String(read)) !== normalForm(written)) {
    throw invalidField(pointerOf(containers), 'has more digits than can be kept exactly')
  }
  return end
}

/** Fifteen digits come back from a double as they went in, but where it ends or its steps grow coarse, near zero. */
const isSurelyExact = (written: string, read: number): boolean =>
  String(read) === written || (written.length <= 15 && Math.abs(read) > 1e-290 && Math.abs(read) < 1e290)

/** @returns where the quotation mark stands that closes the string */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text[first - 1] === '\\') first -= 1
  return (at - first) % 2 === 1
}

function stringOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end)
  return raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw
}

/** A decimal number as sign, digits without zeros around them, and the place of the point. */
function normalForm(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (!match) return text
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = withoutTrailingZeros(digits)
  if (significant === '') return '0'
  const point = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${sign}${significant}e${point}`
}

/** In one pass: a pattern such as `0+$` starts anew at every zero, which takes minutes for a body full of them. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}

const pointerOf = (containers: Container[]): string =>
  ['#', ...containers.map(({ key }) => escapePointer(String(key)))].join('/')

/** A name as a part of a JSON pointer; cut, for a stranger chose its length. */
export const escapePointer = (name: string): string => name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')
