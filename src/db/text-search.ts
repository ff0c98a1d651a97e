import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import { elementsOf, type StandIn, type StandIns } from './stand-in.ts'
import type { Engine, Reader } from './types.ts'

/** What a search is run with; which of it a query asks for, its shape decides. */
export interface SearchValues {
  /** Every term. */
  words: string[]
  /** PostgreSQL: patterns of the same. */
  patterns: string[]
  /** PostgreSQL: the pattern of a term that may be rare. */
  rare: string
  /** SQLite: the terms that its index knows, as a query of FTS5, and those that it does not. */
  phrase: string
  short: string[]
}

/**
 * How the rows that hold every term of a search are found: a shape decides the text of the query, so that one text is
 * compiled for many searches, and `values` are what it is run with.
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
  values: Partial<SearchValues>
}

/** Where a text is searched for. */
export interface Searched {
  /** The text of a row, folded by `searchKey`. */
  text: Expression<string>
  id: Expression<number>
  /** SQLite: the trigram index of the texts, an FTS5 table whose `rowid` is the id. */
  index: string
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
    const values = { words: terms, patterns: terms.map(patternOf) }
    const shapes = { indexed: `index_${terms.length}`, reading: `read_${terms.length}` }
    const [rarest] = terms.filter((term) => LETTERS.test(term)).sort((a, b) => rarity(b) - rarity(a))
    if (rarest === undefined) return { ...shapes, values }
    const rare = /\d/.test(rarest) ? 'likely' : 'perhaps'
    return { ...shapes, rare, values: { ...values, rare: patternOf(rarest) } }
  }
  const { long, short, phrase } = forTrigrams(terms)
  const indexed = long.length === 0 ? 'reading' : short.length === 0 ? 'index' : 'both'
  return { indexed, reading: 'reading', values: { phrase, short, words: terms } }
}

/** Rows that hold every term. */
export function textMatches(
  db: Reader,
  { text, id, index }: Searched,
  shape: string,
  { words, patterns, phrase, short }: StandIns<SearchValues>,
): RawBuilder<SqlBool> {
  if (isPostgres(db)) {
    const [how, count] = shape.split('_')
    const conditions =
      how === 'index'
        ? elementsOf(patterns, Number(count)).map((pattern) => sql`${text} like ${pattern} escape '\\'`)
        : elementsOf(words, Number(count)).map((word) => sql`strpos(${text}, ${word}) > 0`)
    return sql.join(conditions, sql` and `)
  }
  if (shape === 'reading') return holds(text, words)
  const table = sql.table(index)
  const indexed = sql<SqlBool>`${id} in (select rowid from ${table} where ${table} match ${phrase})`
  return shape === 'index' ? indexed : sql`${indexed} and ${holds(text, short)}`
}

/**
 * That a text holds every term, read row by row: for tables of few rows, which need no index.
 *
 * @param text folded by `searchKey`
 * @param terms from `searchTerms`
 */
export const holdsTerms = (text: Expression<string>, terms: string[]): RawBuilder<SqlBool>[] =>
  terms.map((term) => sql<SqlBool>`${text} like ${patternOf(term)} escape '\\'`)

/** At most this many terms are tried: those with digits, then the longest, are the rarest most often. */
const MAX_TRIED_TERMS = 3

/** On PostgreSQL it is a part of the page's own query, which saves the way there and back. */
export const looksForRareTerms = (engine: Engine): boolean => engine === 'sqlite'

/**
 * The ids of rows among which are all that hold every term, where one of the terms is rare, in no order.
 *
 * @param index SQLite: the trigram index, as in `Searched`
 * @param most ids to find; a term that more rows hold is not rare
 * @returns undefined when no term is rare, and where they are not looked for
 */
export async function findByRareTerm(
  db: Reader,
  index: string,
  terms: string[],
  most: number,
): Promise<number[] | undefined> {
  if (isPostgres(db)) return undefined
  const table = sql.table(index)
  const tried = forTrigrams(terms).long.sort((a, b) => rarity(b) - rarity(a))
  for (const term of tried.slice(0, MAX_TRIED_TERMS)) {
    const { rows } = await sql<{ id: number }>`
      select rowid as id from ${table} where ${table} match ${quoted(term)} limit ${most + 1}`.execute(db)
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

const holds = (text: Expression<string>, words: StandIn<string[]>): RawBuilder<SqlBool> =>
  sql`not exists (select 1 from json_each(${words}) where instr(${text}, value) = 0)`
