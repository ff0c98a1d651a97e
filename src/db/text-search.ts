import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Reader } from './types.ts'

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

/**
 * The ids of the products that hold every term, by the trigram index, in no order.
 *
 * @param most ids to find
 * @returns undefined when there are more, when no term is long enough for the index, and on PostgreSQL, which knows by
 * its statistics whether to begin with the index or with the order of a list
 */
export async function findByText(db: Reader, terms: string[], most: number): Promise<number[] | undefined> {
  const { long, short, phrase } = forTrigrams(terms)
  if (isPostgres(db) || long.length === 0) return undefined
  const column = sql.ref<string>('p.search_text')
  const rest = sql`cross join products as p on p.id = s.rowid and ${holds(column, short)}`
  const { rows } = await sql<{ id: number }>`
    select s.rowid as id from products_search as s ${short.length === 0 ? sql`` : rest}
    where products_search match ${phrase} limit ${most + 1}`.execute(db)
  return rows.length > most ? undefined : rows.map((row) => row.id)
}

function forTrigrams(terms: string[]) {
  const long = terms.filter((term) => [...term].length >= TRIGRAM)
  const short = terms.filter((term) => !long.includes(term))
  return { long, short, phrase: long.map((term) => `"${term.replaceAll('"', '""')}"`).join(' AND ') }
}

const holds = (column: Expression<string>, words: unknown): RawBuilder<SqlBool> =>
  sql`not exists (select 1 from json_each(${words}) where instr(${column}, value) = 0)`
