import { test } from 'tap'
import { clean, identityKey, searchKey, searchTerms } from '../../src/values/text.ts'

test('what nobody sees makes no other name', async (t) => {
  const key = identityKey('Cafe bar')
  for (const text of [
    'Cafe\u200b bar',
    '\u202eCafe bar\u202c',
    'Ca\u00adfe bar',
    'Cafe \u2060 bar',
    '\ufeffCAFE\u00a0BAR',
    'Cafe\u200d bar\ufe0f',
  ]) {
    t.equal(identityKey(text), key, encodeURIComponent(text))
    t.equal(searchKey(text), 'cafe bar', encodeURIComponent(text))
  }
  t.not(identityKey('Café bar'), key, 'an accent does')
})

test('text that shows nothing is empty, and other text keeps its signs', async (t) => {
  for (const text of ['', ' ', '\u200b', ' \u2060\ufeff ', '\u00ad', '\u3164', '\u115f']) {
    t.equal(clean(text), '', encodeURIComponent(text))
  }
  t.equal(clean(' \u2764\ufe0f '), '\u2764\ufe0f')
  t.equal(clean('\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'), '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645')
})

test('case, width and runs of white space make no other name', async (t) => {
  for (const text of [
    '  Straße   12 ',
    'STRASSE 12',
    'strasse\t12',
    '\uff33\uff34rasse\u00a012',
    'strasse\n12',
    'STRA\u1e9eE 12',
  ]) {
    t.equal(identityKey(text), 'strasse 12', encodeURIComponent(text))
  }
  for (const text of ['ΟΔΟΣ', 'οδος', 'οδοσ']) t.equal(identityKey(text), 'οδοσ', text)
  t.equal(identityKey('Pen\u0303a'), identityKey('Pe\u00f1a'), 'composed or not')
  t.not(identityKey('a b'), identityKey('ab'))
  t.not(identityKey('Peña'), identityKey('Pena'))
})

test('a search sees neither accents nor case, and keeps lines apart', async (t) => {
  t.equal(searchKey('  Café   Ñandú\tSTRASSE '), 'cafe nandu strasse')
  t.equal(searchKey('Uno\n Dos'), 'uno\n dos')
  t.equal(searchKey('E\u0301'), 'e')
})

test('the words of a search are looked for each once', async (t) => {
  t.same(searchTerms('  Rojo   café\n ROJO '), ['rojo', 'cafe'])
  t.same(searchTerms('100%'), ['100%'])
  for (const text of ['', '  ', '\u200b']) t.same(searchTerms(text), [])
})
