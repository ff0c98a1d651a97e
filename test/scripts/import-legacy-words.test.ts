import { test } from 'tap'
import { category, importLegacy, legacyFile, product, stock, TextBytes } from '../support/legacy.ts'
import { temporaryFolder } from '../support/process.ts'

test('what is refused is not said to be missing or repaired besides', async (t) => {
  const products = [
    product(1, { name: new TextBytes(0x43, 0xe9), created_at: '31/01/2024' }),
    product(2, { price: '12,50' }),
    product(3, { price: '1,234' }),
    product(4, { price: '.5' }),
    product(5, { price: 5e-324 }),
  ]
  const file = legacyFile(t, { categories: [category(1)], products, stock: [stock(1, 4, 1e300)] })
  const { code, said } = await importLegacy('sqlite:unused.db', '--from', file, '--dry-run')
  t.equal(code, 1)
  t.match(said, /products 1, name: is not text in UTF-8\n/)
  t.match(said, /products 1, created_at: is "31\/01\/2024", not a date and time such as 2024-01-31 12:00:00\n/)
  t.match(said, /products 2, price: is "12,50", not a number: write it with a point, 12.50\n/)
  t.match(said, /products 3, price: is "1,234", not a number\n/, 'which may be a thousand')
  t.match(said, /stock 1, quantity: is beyond 1000000000/)
  t.match(said, /\n5 values cannot be kept:\n/)
  t.notMatch(said, /without a name|do not say when|together with the other rows/)
  t.ok(said.split('\n').every((line) => line.length < 250))
})

test('what is given for a database and is none shows no password', async (t) => {
  for (const from of ['mysql://ana:geheim@host/shop', 'file://ana:geheim@host/x']) {
    const answer = await importLegacy('sqlite:unused.db', '--from', from, '--dry-run')
    t.match(answer, { code: 2, said: /^--from must begin with sqlite:/ })
    t.notMatch(answer.said, /geheim/)
  }
  t.match(await importLegacy('sqlite:unused.db', '--from', ''), { code: 2, said: /Say with --from/ })
  t.match(await importLegacy('sqlite:unused.db', '--from', temporaryFolder(t)), { code: 1, said: /is a folder/ })
})
