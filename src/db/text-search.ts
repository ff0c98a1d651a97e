import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Engine, Reader } from './types.ts'

/**
 * How the products that hold every term of a search are found: a shape decides the text of the query, so that one text
 * is compiled for many searches, and `values` are what it is run with.
 */
export interface TextSearch {
  /** The shape that begins with the trigram index, or, on PostgreSQL, lets its planner decide. */
  indexed: string
  /** The shape that reads the text of each row. */
  reading: string
  /**
   * PostgreSQL: whether `values.rare` is the pattern of a term that its trigram index may know to be rare; one with digits
   * is likely to be. Undefined: no term can be looked up.
   */
  rare?: 'likely' | 'perhaps'
  values: Record<string, unknown>
}

/** The shortest term that a trigram index knows. */
const TRIGRAM = 3
/** PostgreSQL's takes letters and digits only; for a term without three of them in a row it would be read whole. */
const LETTERS = /[\p{L}\p{N}]{3}/u

const patternOf = (term: string) => `%${term.replaceAll(/[\\%_]/g, '\\$&')}%`

/**
 * Prepares to look for terms, each literally.
 *
 * @param terms folded by `searchKey`, none empty
 */
export function planTextSearch(db: Reader, terms: string[]): TextSearch {
  if (isPostgres(db)) {
    const values: Record<string, string> = {}
    for (const [index, term] of terms.entries()) {
      values[`word_${index}`] = term
      values[`pattern_${index}`] = patternOf(term)
    }
    const [rarest] = terms.filter((term) => LETTERS.test(term)).sort((a, b) => rarity(b) - rarity(a))
    if (rarest !== undefined) values.rare = patternOf(rarest)
    return {
      indexed: `index_${terms.length}`,
      reading: `read_${terms.length}`,
      ...(rarest && { rare: /\d/.test(rarest) ? 'likely' : 'perhaps' }),
      values,
    }
  }
  const { long, short, phrase } = forTrigrams(terms)
  const indexed = long.length === 0 ? 'reading' : short.length === 0 ? 'index' : 'both'
  return { indexed, reading: 'reading', values: { phrase, short, words: terms } }
}

/** Rows that hold every term. */
export function textMatches(
  db: Reader,
  column: Expression<string>,
  id: Expression<number>,
  { shape, values }: { shape: string; values: Record<string, unknown> },
): RawBuilder<SqlBool> {
  if (isPostgres(db)) {
    const [how, count] = shape.split('_')
    const conditions = Array.from({ length: Number(count) }, (_, index) =>
      how === 'index'
        ? sql`${column} like ${values[`pattern_${index}`]} escape '\\'`
        : sql`strpos(${column}, ${values[`word_${index}`]}) > 0`,
    )
    return sql.join(conditions, sql` and `)
  }
  if (shape === 'reading') return holds(column, values.words)
  const indexed = sql<SqlBool>`${id} in (select rowid from products_search where products_search match ${values.phrase})`
  return shape === 'index' ? indexed : sql`${indexed} and ${holds(column, values.short)}`
}

/** Of many terms only so many are tried: those with digits, then the longest, are the rarest most often. */
const TRIED = 3

/** On PostgreSQL it is a part of the page's own query, which saves the way there and back. */
export const looksForRareTerms = (engine: Engine): boolean => engine === 'sqlite'

/**
 * The ids of products among which are all that hold every term, where one of the terms is rare, in no order.
 *
 * @param most ids to find; a term that more rows hold is not rare
 * @returns undefined when no term is rare, and where they are not looked for
 */
export async function findByRareTerm(db: Reader, terms: string[], most: number): Promise<number[] | undefined> {
  if (isPostgres(db)) return undefined
  const tried = forTrigrams(terms).long.sort((a, b) => rarity(b) - rarity(a))
  for (const term of tried.slice(0, TRIED)) {
    const { rows } = await sql<{ id: number }>`
      select rowid as id from products_search
      where products_search match ${quoted(term)} limit ${most + 1}`.execute(db)
    if (rows.length <= most) return rows.map((row) => row.id)
  }
  return undefined
}

const rarity = (term: string) => term.length + (/\d/.test(term) ? 1000 : 0)

const quoted = (term: string) => `"${term.replaceAll('"', '""')}"`

function forTrigrams(terms: string[]) {
  const long = terms.filter((term) => [...term].length >= TRIGRAM)
  const short = terms.filter((term) => !long.includes(term))
  return { long, short, phrase: long.map(quoted).join(' AND ') }
}

const holds = (column: Expression<string>, words: unknown): RawBuilder<SqlBool> =>
  sql`not exists (select 1 from json_each(${words}) where instr(${column}, value) = 0)`
