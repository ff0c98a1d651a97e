import { test } from 'tap'
import { parseJson } from '../../src/http/json.ts'
import { escapePointer } from '../../src/http/json-inspection.ts'
import { refusal } from '../support/refusal.ts'

test('numbers arrive as they were written', async (t) => {
  const exact = ['0', '-0', '-7', '0.1', '1.50', '123456789.1234567', '9007199254740991', '1e3', '1E3', '1e+3', '25e-1']
  exact.push(
    '-1.5e2',
    '0.000001',
    '1.000000000000000000',
    '0e5',
    '0.00e-3',
    '100000000000000000000',
    '12300e-2',
    '0.1e1',
    '1e-4',
    '12e-6',
    '1e10',
    '1e21',
  )
  for (const text of exact) t.same(parseJson(`{"a":[${text}]}`), { a: [Number(text)] }, text)
})

test('a number that JavaScript would round is refused by its place', async (t) => {
  const rounded = ['9007199254740993', '0.12345678901234567', '1.00000000000000001', '1e400', '-1e400', '1e-400']
  rounded.push('12345678901234567890', '90071992547409930e-1', '-9007199254740993')
  for (const text of rounded) {
    const { slug, errors } = refusal(() => parseJson(`{"lines":[{"q":1},{"q":${text}}]}`))
    t.equal(slug, 'validation-failed')
    t.match(errors, [{ pointer: '#/lines/1/q', detail: /more digits/ }], text)
  }
})

test('a number is looked at wherever it stands', async (t) => {
  t.match(refusal(() => parseJson('[1e400]')).errors, [{ pointer: '#/0', detail: /more digits/ }])
  t.match(refusal(() => parseJson('9007199254740993')).errors, [{ pointer: '#', detail: /more digits/ }])
})

test('names that reach into a prototype are no fields, however they are spelt', async (t) => {
  for (const name of ['__proto__', 'constructor', '\\u005f_proto__', 'c\\u006fnstructor']) {
    const { slug, errors } = refusal(() => parseJson(`{"a":{"${name}":1}}`))
    t.equal(slug, 'validation-failed')
    t.match(errors, [{ pointer: /^#\/a\/(?:__proto__|constructor)$/, detail: /not a known field/ }], name)
  }
  t.same(parseJson('{"a":"__proto__ and constructor"}'), { a: '__proto__ and constructor' }, 'as a text they are')
})

test('a name given twice is refused by its place, however it is spelt', async (t) => {
  for (const twice of [
    '{"a":1,"a":1}',
    '{"a":1,"b":{"a":2},"\\u0061":3}',
    '{"c":[{"b":"}"},2],"a":"\\\\","a":"\\""}',
  ]) {
    t.match(
      refusal(() => parseJson(twice)),
      { slug: 'validation-failed', errors: [{ pointer: '#/a', detail: 'is given twice' }] },
      twice,
    )
  }
  t.match(refusal(() => parseJson('{"lines":[{"q":1},{"q":1,"r":[],"q":1}]}')).errors, [{ pointer: '#/lines/1/q' }])
  const once = '{"a":["a","a",{"a":"a"}],"b":{"a":{"a":1}},"A":": \\"a\\":"}'
  t.same(parseJson(once), { a: ['a', 'a', { a: 'a' }], b: { a: { a: 1 } }, A: ': "a":' })
})

test('text that no database keeps is refused', async (t) => {
  t.match(refusal(() => parseJson('{"a":["\\ud800"]}')).errors, [{ pointer: '#/a/0', detail: /half a character/ }])
  t.match(refusal(() => parseJson('{"a":"x\\u0000"}')).errors, [{ pointer: '#/a', detail: /NUL/ }])
  t.same(parseJson('{"a":"\\u00f1 \\ud83d\\ude00"}'), { a: 'ñ 😀' })
  t.same(parseJson('{"a":null,"b":true,"c":"\\u00f1"}'), { a: null, b: true, c: 'ñ' })
})

test('what is no JSON, and what is nested too deeply to be meant, cannot be read', async (t) => {
  for (const text of ['', '{', '{"a":01}', "{'a':1}", '{"a":1e}', '{"a":12345678901234567890']) {
    t.match(
      refusal(() => parseJson(text)),
      { slug: 'invalid-json', message: /^The body could not be read as JSON: ./ },
    )
  }
  const nested = (depth: number) => `${'['.repeat(depth)}"\\u00f1"${']'.repeat(depth)}`
  t.ok(parseJson(nested(32)))
  t.match(
    refusal(() => parseJson(nested(33))),
    { slug: 'invalid-json', message: /too deeply/ },
  )
  t.ok(refusal(() => parseJson(`"${'x'.repeat(1000)}`)).message.length < 250)
})

test('a name is a part of a pointer', async (t) => {
  t.equal(escapePointer('a/b~c/d~'), 'a~1b~0c~1d~0')
  t.equal(escapePointer('x'.repeat(101)), 'x'.repeat(100))
})
