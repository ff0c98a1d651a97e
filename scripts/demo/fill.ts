import type { Effect } from '../../src/http/effect.ts'
import { createCategory } from '../../src/modules/categories/service.ts'
import { createLocation } from '../../src/modules/locations/service.ts'
import { createProduct } from '../../src/modules/products/service.ts'
import type { NewMovement, NewMovementLine } from '../../src/modules/stock/schemas.ts'
import { changeLevel, recordMovement, reverseMovement } from '../../src/modules/stock/service.ts'
import { checkDigit } from '../../src/values/barcode.ts'
import { LINES, LOCATIONS } from './catalogue.ts'
import { Random } from './random.ts'

const WEEKS = 22
const WEEK_MS = 7 * 24 * 3_600_000
const SEED = 20_240_501

interface Article {
  id: number
  /** Of the sales price; what it costs goes up and down around it. */
  cost: number
  /** How much of it is sold, and is to be there, compared with a slow one. */
  pace: number
  /** Not ordered again towards the end: it runs low, or out. */
  fate: 'kept' | 'low' | 'out'
}

type Place = keyof typeof LOCATIONS

/** Makes the shop in one transaction, through the services and nothing else. */
export class DemoShop {
  readonly #effect: Effect
  readonly #random = new Random(SEED)
  readonly #now = Date.now()
  readonly #levels = new Map<string, { id: number; quantity: number }>()
  #articles: Article[] = []
  #places = {} as Record<Place, number>
  movements = 0

  constructor(effect: Effect) {
    this.#effect = effect
  }

  async fill(mainLocationId: number): Promise<void> {
    await this.#makePlaces(mainLocationId)
    await this.#makeCatalogue()
    await this.#open()
    for (let week = 1; week < WEEKS; week += 1) await this.#trade(week)
    await this.#runOut()
    await this.#setMinimums()
  }

  async #makePlaces(warehouse: number): Promise<void> {
    const shop = await createLocation(this.#effect, LOCATIONS.shop)
    const van = await createLocation(this.#effect, LOCATIONS.van)
    this.#places = { warehouse, shop: shop.id, van: van.id }
  }

  async #makeCatalogue(): Promise<void> {
    for (const { category, description, prefix, products } of LINES) {
      const { id: category_id } = await createCategory(this.#effect, { name: category, description })
      for (const [index, [name, price, unit = 'ud', decimals = 0]] of products.entries()) {
        const number = this.#articles.length + 1
        const digits = `84${String(7_700_000_000 + number * 13)}`
        const sku = `${prefix}-${String(index + 1).padStart(3, '0')}`
        const barcode = `${digits}${checkDigit(digits)}`
        const input = {
          name,
          sku,
          barcode,
          price,
          category_id,
          unit,
          decimals,
          description: `${name}. ${description}.`,
        }
        const { id } = await createProduct(this.#effect, input)
        const fate = number % 13 === 5 ? 'out' : number % 9 === 4 ? 'low' : 'kept'
        const pace = Number(price) < 1 ? 20 : Number(price) < 6 ? 5 : 1
        this.#articles.push({ id, cost: Number(price) * 0.6, pace, fate })
      }
    }
  }

  async #open(): Promise<void> {
    const receipt = this.#articles.map((article) => this.#bought(article, 40 * article.pace))
    await this.#move('receipt', 0, 'Existencias iniciales', receipt, 'INV-INICIAL')
    const lines = this.#articles.map(({ id, pace }) => this.#carried(id, 12 * pace, 'warehouse', 'shop'))
    await this.#move('transfer', 0.1, 'Montaje de la tienda', lines)
  }

  /** A week: sales, what is fetched from the warehouse, the van's round, and now and then an order, a loss or a count. */
  async #trade(week: number): Promise<void> {
    await this.#fetch(week)
    for (let day = 0; day < 5; day += 1) await this.#sell(week + 0.2 + day / 10)
    if (week % 2 === 0) await this.#deliver(week + 0.75)
    if (week % 3 === 0) await this.#order(week + 0.8)
    if (week % 4 === 0) await this.#lose(week + 0.85)
    if (week % 10 === 0) await this.#count(week + 0.9)
    if (week === 9) await this.#mistake(week + 0.95)
  }

  async #fetch(week: number): Promise<void> {
    const lines = this.#articles
      .filter(({ id, pace }) => this.#at(id, 'shop') < 6 * pace && this.#at(id, 'warehouse') >= 8 * pace)
      .map(({ id, pace }) => this.#carried(id, 8 * pace, 'warehouse', 'shop'))
    if (lines.length > 0) await this.#move('transfer', week + 0.1, 'Reposición de la tienda', lines)
  }

  async #sell(time: number): Promise<void> {
    const first = this.#random.below(this.#articles.length)
    const basket = Array.from({ length: this.#random.between(3, 7) }, (_, index) => this.#article(first + index * 11))
    const lines = basket.flatMap((article) => {
      const quantity = Math.min(this.#random.between(1, 2) * article.pace, this.#at(article.id, 'shop'))
      return quantity > 0 ? [{ product_id: article.id, quantity, location_id: this.#places.shop }] : []
    })
    const ticket = `TIQ-${String(this.movements).padStart(5, '0')}`
    if (lines.length > 0) await this.#move('issue', time, 'Venta', lines, ticket)
  }

  async #deliver(time: number): Promise<void> {
    const chosen = [0, 1, 2, 3].map(() => this.#article(this.#random.below(this.#articles.length)))
    const articles = [...new Set(chosen)].filter(({ id, pace }) => this.#at(id, 'warehouse') >= 3 * pace)
    if (articles.length === 0) return
    const load = articles.map(({ id, pace }) => this.#carried(id, 3 * pace, 'warehouse', 'van'))
    await this.#move('transfer', time, 'Carga de la furgoneta', load)
    const location_id = this.#places.van
    const sold = articles.map(({ id, pace }) => ({ product_id: id, quantity: 2 * pace, location_id }))
    await this.#move('issue', time + 0.02, 'Reparto a domicilio', sold)
  }

  async #order(time: number): Promise<void> {
    const late = time > WEEKS - 8
    const lines = this.#articles
      .filter(({ id, pace, fate }) => this.#at(id, 'warehouse') < 20 * pace && !(late && fate !== 'kept'))
      .map((article) => this.#bought(article, 25 * article.pace))
    if (lines.length > 0) await this.#move('receipt', time, 'Compra a proveedor', lines, `ALB-${Math.floor(time)}`)
  }

  async #lose(time: number): Promise<void> {
    const { id } = this.#article(this.#random.below(this.#articles.length))
    if (this.#at(id, 'shop') < 1) return
    const line = { product_id: id, quantity: -1, location_id: this.#places.shop }
    await this.#move('adjustment', time, 'Rotura en tienda', [line])
  }

  async #count(time: number): Promise<void> {
    const location_id = this.#places.shop
    const lines = this.#articles.slice(0, 8).map(({ id }, index) => ({
      product_id: id,
      quantity: Math.max(0, this.#at(id, 'shop') - (index % 4 === 0 ? 1 : 0)),
      location_id,
    }))
    await this.#move('count', time, 'Recuento parcial', lines)
  }

  /** A delivery note typed twice, and taken back. */
  async #mistake(time: number): Promise<void> {
    const id = await this.#move('receipt', time, 'Compra a proveedor', [this.#bought(this.#article(2), 50)], 'ALB-9')
    const { levels } = await reverseMovement(this.#effect, id, { reason: 'Albarán registrado dos veces' })
    this.#remember(levels)
    this.movements += 1
  }

  /** What is not ordered again is sold to the last, or nearly. */
  async #runOut(): Promise<void> {
    for (const place of ['shop', 'warehouse', 'van'] as const) {
      const lines = this.#articles.flatMap(({ id, fate, pace }) => {
        const left = fate === 'low' && place === 'shop' ? pace : 0
        const quantity = this.#at(id, place) - left
        return fate !== 'kept' && quantity > 0 ? [{ product_id: id, quantity, location_id: this.#places[place] }] : []
      })
      if (lines.length > 0) await this.#move('issue', WEEKS - 0.5, 'Venta a un instalador', lines)
    }
  }

  async #setMinimums(): Promise<void> {
    for (const { id, pace, fate } of this.#articles) {
      const level = this.#levels.get(`${id} ${this.#places.shop}`)
      if (level === undefined) continue
      const min_stock = fate === 'kept' ? Math.min(2 * pace, Math.floor(level.quantity / 2)) : 4 * pace
      await changeLevel(this.#effect, level.id, { min_stock, reorder_quantity: 10 * pace })
    }
  }

  #article(index: number): Article {
    return this.#articles[index % this.#articles.length] as Article
  }

  #at(product: number, place: Place): number {
    return this.#levels.get(`${product} ${this.#places[place]}`)?.quantity ?? 0
  }

  #bought({ id, cost }: Article, quantity: number): NewMovementLine {
    const unit_cost = ((cost * this.#random.between(90, 112)) / 100).toFixed(4)
    return { product_id: id, quantity, unit_cost, location_id: this.#places.warehouse }
  }

  #carried(product_id: number, quantity: number, from: Place, to: Place): NewMovementLine {
    return { product_id, quantity, location_id: this.#places[from], to_location_id: this.#places[to] }
  }

  /** @param time weeks since the shop opened */
  async #move(type: NewMovement['type'], time: number, reason: string, lines: NewMovementLine[], reference = '') {
    const effective_at = new Date(this.#now - (WEEKS - time) * WEEK_MS).toISOString()
    const request = { type, reason, reference, effective_at, lines }
    const { fields, levels } = await recordMovement(this.#effect, request)
    this.#remember(levels)
    this.movements += 1
    return fields.id as number
  }

  #remember(levels: { id: number; product_id: number; location_id: number; quantity: number }[]): void {
    for (const { id, product_id, location_id, quantity } of levels) {
      this.#levels.set(`${product_id} ${location_id}`, { id, quantity: quantity / 1000 })
    }
  }
}
