import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidField, Problem } from '../errors.ts'

/** Numbers that may not be what was written once they are JavaScript numbers: long ones, and those with an exponent. */
const SUSPICIOUS_NUMBER = /[0-9.]{16}|[0-9][eE]/
/** Names that reach into an object's prototype, and escapes, which can spell them, half a character or NUL. */
const SUSPICIOUS_TEXT = /__proto__|constructor|\\u/
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor'])
/** Deeper than any body of this service, and far from what would exhaust the stack. */
const MAX_DEPTH = 32

class Inexact {}

/** Reads bodies: JSON in UTF-8, under its own name or as a merge patch. Every other media type is refused with 415. */
export function registerParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const types = ['application/json', 'application/merge-patch+json']
  app.addContentTypeParser(types, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    refuseCharset(request.headers['content-type'] ?? '')
    refuseEncoding(request.headers['content-encoding'] ?? 'identity')
    if (body.length > 0) return parseJson(textOf(body))
    // Clients that name the type of what they do not send mean nothing by it, unless something is needed.
    if (request.routeOptions.schema?.body) throw new Problem('invalid-json', 'The body is empty: send a JSON object.')
    return undefined
  })
}

function refuseCharset(contentType: string): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1]
  if (charset === undefined || /^(utf-8|utf8|us-ascii)$/i.test(charset)) return
  throw new Problem('unsupported-media-type', 'Send the body in UTF-8, the one encoding of JSON.')
}

function refuseEncoding(encoding: string): void {
  if (encoding.trim().toLowerCase() === 'identity') return
  const headers = { 'accept-encoding': 'identity' }
  throw new Problem('unsupported-media-type', 'Send the body as it is, without Content-Encoding.', { headers })
}

/** Other encodings would be taken for UTF-8 and lose their letters without anybody noticing. */
function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new Problem('invalid-json', 'The body is not UTF-8.')
  return body.toString('utf8')
}

/**
 * Parses a JSON body. What would not be stored as it was sent is refused by name: numbers that JavaScript would silently
 * round, halves of characters, and NUL; so are `__proto__` and `constructor` as names.
 *
 * @throws Problem `invalid-json`, `validation-failed`
 */
export function parseJson(text: string): unknown {
  const inspectNumbers = SUSPICIOUS_NUMBER.test(text)
  let value: unknown
  try {
    value = inspectNumbers ? JSON.parse(text, exactOnly) : JSON.parse(text)
  } catch (error) {
    throw new Problem('invalid-json', `The body could not be read as JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  if (inspectNumbers || SUSPICIOUS_TEXT.test(text)) inspect(value, '#', 0)
  return value
}

function exactOnly(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  return normalForm(context.source) === normalForm(String(value)) ? value : new Inexact()
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

function inspect(value: unknown, pointer: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new Problem('invalid-json', 'The body is nested too deeply.')
  if (value instanceof Inexact) throw invalidField(pointer, 'has more digits than can be kept exactly')
  if (typeof value === 'string' && !value.isWellFormed()) throw invalidField(pointer, 'holds half a character')
  if (typeof value === 'string' && value.includes('\0')) throw invalidField(pointer, 'holds a NUL character')
  for (const [key, item] of entriesOf(value)) {
    const place = `${pointer}/${escapePointer(key)}`
    if (FORBIDDEN_NAMES.has(key)) throw invalidField(place, 'is not a known field')
    inspect(item, place, depth + 1)
  }
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

/** A name as a part of a JSON pointer; cut, for a stranger chose its length. */
export const escapePointer = (name: string): string => name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')
