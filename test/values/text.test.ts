import { test } from 'tap'
import { clean, identityKey, searchKey } from '../../src/values/text.ts'

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
