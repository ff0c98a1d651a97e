import { identityKeys, madeSku, searchText, sortKey } from '../../src/modules/products/rules.ts'
import { fromAmount, MAX_AMOUNT } from '../../src/values/money.ts'
import { identityKey } from '../../src/values/text.ts'
import { makeCategory } from './categories.ts'
import { atScale, type Decimal, plain } from './decimals.ts'
import type { Fields } from './fields.ts'
import { type Findings, shown } from './findings.ts'
import { type Importer, insertRows, withIds } from './importer.ts'
import { distinct, nextId, type Plan } from './plan.ts'

export const products: Importer = {
  target: 'products',
  names: ['products', 'product'],
  columns: {
    id: ['id'],
    name: ['name'],
    description: ['description'],
    price: ['price'],
    category_id: ['category_id'],
    sku: ['sku'],
    created_at: ['created_at'],
    updated_at: ['updated_at'],
  },
  required: ['id', 'name', 'price', 'category_id'],
  prepare(rows, plan, findings) {
    const identified = withIds(rows)
    const skus = skusOf(identified, findings)
    const categoryOf = categoriesOf(identified, plan, findings)
    for (const { id, fields } of identified) {
      const sku = skus.get(id) as string
      const texts = { sku, barcode: null, name: nameOf(id, fields), description: descriptionOf(fields) }
      plan.products.push({
        id,
        ...texts,
        ...identityKeys(texts),
        name_key: sortKey(texts.name),
        search_text: searchText(texts),
        price: priceOf(fields),
        category_id: categoryOf.get(fields) as number,
        unit: 'unit',
        // Told by the quantities, which come later.
        decimals: 0,
        ...fields.times(plan.now),
      })
    }
  },
  async write(trx, { plan }) {
    await insertRows(trx, 'products', plan.products)
    await insertRows(
      trx,
      'product_costs',
      plan.products.map(({ id }) => ({ product_id: id })),
    )
  },
  count: (plan) => plan.products.length,
}

const MAX_SKU = 64
const DANGLING = 'Categories that products name and that are not there are made:'
const UNCATEGORISED = 'Products in no category are put into one that is made:'
const MADE = 'Products without a SKU get one made from their id:'
const COLLIDING = 'Products whose SKU another one has, without regard to case and width, get a distinct one:'

/** SKUs of before come first: one that is made must not take another product's. */
function skusOf(rows: { id: number; fields: Fields }[], findings: Findings): Map<number, string> {
  const skus = new Map<number, string>()
  const taken = new Set<string>()
  const later: (() => void)[] = []
  for (const { id, fields } of rows) {
    const sku = skuOf(fields)
    const key = identityKey(sku)
    const isFree = key !== '' && !taken.has(key)
    if (isFree) taken.add(key)
    const make = (attempt: number) => {
      const end = `-${attempt + 1}`
      return key === '' ? madeSku(id, attempt) : `${[...sku].slice(0, MAX_SKU - end.length).join('')}${end}`
    }
    const rename = () => {
      const other = distinct(taken, identityKey, make)
      findings.repair(
        key === '' ? MADE : COLLIDING,
        `${fields.place}: ${key === '' ? '' : `${shown(sku)} becomes `}${other}`,
      )
      return other
    }
    if (isFree) skus.set(id, sku)
    else later.push(() => skus.set(id, rename()))
  }
  for (const give of later) give()
  return skus
}

/** With a sign in it that nobody sees, a SKU would look like another one. */
function skuOf(fields: Fields): string {
  const written = fields.text('sku', MAX_SKU)
  const sku = written.replaceAll(/[\p{Cf}\p{Zl}\p{Zp}]/gu, '')
  if (sku !== written) {
    fields.findings.repair('Signs that nobody sees are dropped from SKUs:', `${fields.place}: ${shown(written)}`)
  }
  return sku
}

function nameOf(id: number, fields: Fields): string {
  const name = fields.text('name', 200)
  if (name !== '') return name
  const made = `Product ${id}`
  fields.findings.repair('Products without a name get one:', `${fields.place}: ${made}`)
  return made
}

const descriptionOf = (fields: Fields) => fields.text('description', 2000, { lines: true })

const ROUNDED = 'Prices have at most four decimals; what is beyond them is lost:'

/** A double may have hundreds of digits. */
const short = (price: Decimal): string => shown(plain(price)).slice(1, -1)

/** @returns ten-thousandths */
function priceOf(fields: Fields): number {
  const price = fields.decimal('price')
  if (price === null) fields.refuse('price', 'is missing: give it one (SQLite keeps NaN as nothing)')
  if (!price) return 0
  const { units, rest } = atScale(price, 4)
  if (units < 0n) fields.refuse('price', `is ${short(price)}, less than 0`)
  else if (units > MAX_AMOUNT) {
    fields.refuse('price', `is ${short(price)}, more than ${fromAmount(MAX_AMOUNT)}, the most that is kept`)
  } else if (rest.unscaled !== 0n) {
    const lost = rest.unscaled < 0n ? `${short({ ...rest, unscaled: -rest.unscaled })} more` : `${short(rest)} less`
    fields.findings.repair(ROUNDED, `${fields.place}: ${short(price)} becomes ${fromAmount(Number(units))}, ${lost}`)
  }
  return Number(units)
}

/** The category of each product; those that are not there are made. */
function categoriesOf(rows: { fields: Fields }[], plan: Plan, findings: Findings): Map<Fields, number> {
  const known = new Set(plan.categories.map((category) => category.id))
  const make = (id: number, wanted: string, kind: string) => {
    known.add(id)
    findings.repair(kind, `category ${id}, ${shown(makeCategory(plan, id, wanted))}`)
  }
  const named = rows.map(({ fields }) => [fields, fields.reference('category_id')] as const)
  for (const [, id] of named) {
    if (typeof id === 'number' && !known.has(id)) make(id, `Category ${id}`, DANGLING)
  }
  // Its id comes last: none that a product names may get another meaning.
  const without = nextId(plan.categories)
  if (named.some(([, id]) => id === null)) make(without, 'Uncategorised', UNCATEGORISED)
  return new Map(named.map(([fields, id]) => [fields, id ?? without]))
}
