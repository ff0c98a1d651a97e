import tap from 'tap'
import { barcodeFault, barcodeKey, checkDigit, isGtin } from '../../src/values/barcode.ts'

const KNOWN = ['4006381333931', '7501031311309', '96385074', '036000291452', '00012345600012', '10614141000415']

tap.test('known numbers carry the check digit that is computed', async (t) => {
  for (const barcode of KNOWN) {
    t.equal(checkDigit(barcode.slice(0, -1)), Number(barcode.at(-1)), barcode)
    t.equal(barcodeFault(barcode), undefined, barcode)
  }
})

/** Digits from a seed, the same in every run. */
function digitsFrom(seed: number): () => string {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return String(Math.floor(state / 65_536) % 10)
  }
}

const complete = (payload: string) => `${payload}${checkDigit(payload)}`

tap.test('of ten last digits one is right, and the refusal names it', async (t) => {
  const digit = digitsFrom(20_260_131)
  for (let run = 0; run < 400; run += 1) {
    const payload = Array.from({ length: [7, 11, 12, 13][run % 4] as number }, digit).join('')
    const right = complete(payload)
    const accepted = Array.from({ length: 10 }, (_, last) => `${payload}${last}`).filter((code) => !barcodeFault(code))
    if (accepted.length !== 1 || accepted[0] !== right) t.fail(`${payload}: accepted ${accepted}, right is ${right}`)
    const wrong = `${payload}${(checkDigit(payload) + 1 + (run % 9)) % 10}`
    if (!barcodeFault(wrong)?.includes(`followed by ${right.at(-1)},`)) t.fail(`${wrong}: ${barcodeFault(wrong)}`)
  }
})

tap.test('a refusal repeats the digits as they came', async (t) => {
  t.equal(barcodeFault('4006381333932'), 'has a wrong check digit: 400638133393 is followed by 1, not 2')
})

tap.test('any one mistyped digit is noticed', async (t) => {
  const digit = digitsFrom(7)
  for (let run = 0; run < 100; run += 1) {
    const code = complete(Array.from({ length: 12 }, digit).join(''))
    for (let place = 0; place < code.length; place += 1) {
      const other = (Number(code[place]) + 1 + (run % 9)) % 10
      const mistyped = `${code.slice(0, place)}${other}${code.slice(place + 1)}`
      if (barcodeFault(mistyped) === undefined) t.fail(`${mistyped} for ${code}`)
    }
  }
})

tap.test('leading zeros change neither the check digit nor the normal form of a GTIN', async (t) => {
  const digit = digitsFrom(99)
  for (let run = 0; run < 100; run += 1) {
    const upc = complete(Array.from({ length: 11 }, digit).join(''))
    for (const same of [`0${upc}`, `00${upc}`]) {
      if (barcodeFault(same) !== undefined || barcodeKey(same) !== barcodeKey(upc)) t.fail(`${same} and ${upc}`)
    }
  }
  t.equal(barcodeKey('036000291452'), '00036000291452')
  t.equal(barcodeKey('0036000291452'), '00036000291452')
})

tap.test('other symbologies are text, without regard to case', async (t) => {
  for (const text of ['ABC-123', 'abc 123/4', '12345', '123456789', '123456789012345', '~!"#$%', 'x'.repeat(48)]) {
    t.equal(isGtin(text), false, text)
    t.equal(barcodeFault(text), undefined, text)
  }
  t.equal(barcodeKey('ABC-123'), barcodeKey('abc-123'))
  t.not(barcodeKey('0012345'), barcodeKey('12345'), 'only a GTIN is filled up')
  t.match(barcodeFault('x'.repeat(49)), /48/)
  for (const text of ['caf\u00e9', '\uff14006381333931', '\u0661\u0662', 'a\tb', 'a\u200bb']) {
    t.match(barcodeFault(text), /ASCII/, text)
  }
})
