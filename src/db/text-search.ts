import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Engine, Reader } from './types.ts'

/**
 * How the products that hold every term of a search are found: a shape decides the text of the query, so that one text
 * is compiled for many searches, and `values` are what it is run with.
 */
export interface TextSearch {
  /** The shape that begins with the trigram index. */
  indexed: string
  /** The shape that reads the text of each row; the same where the engine decides. */
  reading: string
  values: Record<string, unknown>
}

/** The shortest term that a trigram index knows. */
const TRIGRAM = 3

/**
 * Prepares to look for terms, each literally.
 *
 * @param terms folded by `searchKey`, none empty
 */
export function planTextSearch(db: Reader, terms: string[]): TextSearch {
  if (isPostgres(db)) {
    const shape = String(terms.length)
    const patterns = terms.map((term, index) => [`pattern_${index}`, `%${term.replaceAll(/[\\%_]/g, '\\$&')}%`])
    return { indexed: shape, reading: shape, values: Object.fromEntries(patterns) }
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
    const patterns = Array.from({ length: Number(shape) }, (_, index) => values[`pattern_${index}`])
    return sql.join(
      patterns.map((pattern) => sql`${column} like ${pattern} escape '\\'`),
      sql` and `,
    )
  }
  if (shape === 'reading') return holds(column, values.words)
  const indexed = sql<SqlBool>`${id} in (select rowid from products_search where products_search match ${values.phrase})`
  return shape === 'index' ? indexed : sql`${indexed} and ${holds(column, values.short)}`
}

/** Of many terms only so many are tried: those with digits, then the longest, are the rarest most often. */
const TRIED = 3

/** PostgreSQL knows by its statistics whether to begin with the index or with the order of a list. */
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
