import { identityKey } from '../../src/values/text.ts'
import { shown } from './findings.ts'
import { type Importer, insertRows, withIds } from './importer.ts'
import { distinct, type Plan } from './plan.ts'

export const categories: Importer = {
  target: 'categories',
  names: ['categories', 'category'],
  columns: {
    id: ['id'],
    name: ['name'],
    description: ['description'],
    created_at: ['created_at'],
    updated_at: ['updated_at'],
  },
  required: ['id', 'name'],
  prepare(rows, plan, findings) {
    const taken = new Set<string>()
    const later: (() => void)[] = []
    for (const { id, fields } of withIds(rows)) {
      const name = fields.text('name', 100)
      const description = fields.text('description', 1000, { lines: true })
      const planned = { id, ...named(name), description, ...fields.times(plan.now) }
      plan.categories.push(planned)
      if (name !== '' && !taken.has(planned.name_key)) {
        taken.add(planned.name_key)
        continue
      }
      // Once all names that are right are taken, so that none of them has to give way.
      later.push(() => {
        Object.assign(planned, named(nameFor(taken, id, name)))
        const kind = name === '' ? MISSING : COLLIDING
        findings.repair(kind, `${fields.place}: ${shown(name)} becomes ${shown(planned.name)}`)
      })
    }
    for (const rename of later) rename()
  },
  write: (trx, { plan }) => insertRows(trx, 'categories', plan.categories),
  count: (plan) => plan.categories.length,
}

const MISSING = 'Categories without a name get one:'
const COLLIDING = 'Categories whose name another one has, without regard to case and width, get a distinct one:'
const MAX_NAME = 100

const named = (name: string) => ({ name, name_key: identityKey(name) })

function nameFor(taken: Set<string>, id: number, name: string): string {
  const base = name === '' ? `Category ${id}` : name
  return distinct(taken, identityKey, (attempt) => {
    if (name === '' && attempt === 1) return base
    const end = ` (${attempt + 1 - Number(name === '')})`
    return `${[...base].slice(0, MAX_NAME - end.length).join('')}${end}`
  })
}

/** Makes a category for products whose own is not there. @param id the one they name */
export function makeCategory(plan: Plan, id: number, name: string): string {
  const taken = new Set(plan.categories.map((category) => category.name_key))
  const distinctName = distinct(taken, identityKey, (attempt) => (attempt === 1 ? name : `${name} (${attempt})`))
  const times = { created_at: plan.now, updated_at: plan.now }
  plan.categories.push({ id, ...named(distinctName), description: '', ...times })
  return distinctName
}
