import type { Random } from './random.ts'
import type { Fault, LineRequest, MovementType, StockModel } from './stock-model.ts'

export interface MovementRequest {
  type: MovementType
  lines: LineRequest[]
  effective: string | undefined
}

export interface World {
  products: number[]
  locations: number[]
  model: StockModel
}

const TYPES: MovementType[] = ['receipt', 'receipt', 'issue', 'issue', 'transfer', 'transfer', 'adjustment', 'count']
const FAULTS: Fault[] = ['no-product', 'decimals', 'quantity', 'destination', 'cost', 'field']

/** A movement that is right most of the time; sometimes short, stale, or wrong in one field. */
export function randomMovement(random: Random, world: World): MovementRequest {
  const type = random.pick(TYPES)
  const lines: LineRequest[] = []
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const first = lines[0]
    // Several lines often want the same balance, which is where each alone would pass.
    const place =
      first && random.chance(35)
        ? first
        : { product: random.pick(world.products), location: random.pick(world.locations) }
    lines.push(randomLine(random, world, type, place))
  }
  if (random.chance(5)) (random.pick(lines) as LineRequest).fault = random.pick(FAULTS)
  const day = 1 + random.below(28)
  const effective = random.chance(20) ? `2024-02-${String(day).padStart(2, '0')}T12:00:00.000Z` : undefined
  return { type, lines, effective }
}

function randomLine(
  random: Random,
  { locations, model }: World,
  type: MovementType,
  { product, location }: { product: number; location: number },
): LineRequest {
  const unit = 10n ** BigInt(3 - (model.decimals.get(product) as number))
  const here = model.quantityOf(product, location)
  const some = (most: number) => BigInt(1 + random.below(most)) * unit
  const line: LineRequest = { product, location, quantity: some(type === 'receipt' ? 40 : 25) }
  // Taking exactly all of it is where a balance comes to nothing, and its value has to.
  if ((type === 'issue' || type === 'transfer') && here > 0n && random.chance(25)) line.quantity = here
  if (type === 'transfer') line.to = random.pick(locations.filter((other) => other !== location))
  if (type === 'adjustment' && random.chance(50)) line.quantity = -(random.chance(40) ? here + unit : line.quantity)
  if (type === 'count') line.quantity = random.chance(30) ? here : random.chance(20) ? 0n : line.quantity
  if (type === 'receipt' && random.chance(75)) line.cost = BigInt(random.below(random.chance(50) ? 100 : 99_999_999))
  if (random.chance(10)) line.expected = random.chance(70) ? here : here + unit
  return line
}

/** The body of the request: exact decimal numbers, from digits and not from arithmetic. */
export function bodyOf({ type, lines, effective }: MovementRequest, main: number): object {
  return {
    type,
    ...(effective === undefined ? {} : { effective_at: effective }),
    lines: lines.map((line) => wireLine(type, line, main)),
  }
}

function wireLine(type: MovementType, line: LineRequest, main: number): object {
  const { fault } = line
  const wire: Record<string, unknown> = {
    product_id: fault === 'no-product' ? 999_999 : line.product,
    quantity: fault === 'decimals' ? 0.0001 : fault === 'quantity' ? wrongQuantity(type) : decimal(line.quantity),
  }
  // The default location is meant when none is named.
  if (line.location !== main) wire.location_id = line.location
  if (line.to !== undefined) wire.to_location_id = line.to
  if (line.expected !== undefined) wire.expected_quantity = decimal(line.expected)
  if (line.cost !== undefined) wire.unit_cost = money(line.cost)
  if (fault === 'destination') wire.to_location_id = type === 'transfer' ? line.location : main
  if (fault === 'cost') wire.unit_cost = type === 'receipt' ? '1.00001' : '1.00'
  if (fault === 'field') wire.quantitty = 1
  return wire
}

const wrongQuantity = (type: MovementType) => (type === 'count' ? -1 : 0)

export const decimal = (thousandths: bigint): number => Number(digits(thousandths, 3))

const money = (tenThousandths: bigint): string => digits(tenThousandths, 4)

function digits(amount: bigint, places: number): string {
  const text = String(amount < 0n ? -amount : amount).padStart(places + 1, '0')
  return `${amount < 0n ? '-' : ''}${text.slice(0, -places)}.${text.slice(-places)}`
}

/** Ten-thousandths of an amount such as `12.5`. */
export function readMoney(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(4, '0'))
}
