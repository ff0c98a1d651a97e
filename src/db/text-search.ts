import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Reader } from './types.ts'

/**
 * How the products that hold every term of a search are found: `shape` decides the text of the query, so that one text
 * is compiled for many searches, and `values` are what it is run with.
 */
export interface TextSearch {
  shape: string
  values: Record<string, unknown>
}

/** The shortest term that a trigram index knows. */
const TRIGRAM = 3
/**
 * More rows than these are not sorted for the sake of one page on SQLite: a term so common is met soon by reading the
 * rows in the order that is wanted. PostgreSQL decides the same by its statistics.
 */
const COMMON = 2000

/**
 * Decides how to look for terms, each literally.
 *
 * @param terms folded by `searchKey`, none empty
 */
export async function planTextSearch(db: Reader, terms: string[]): Promise<TextSearch> {
  if (isPostgres(db)) {
    const patterns = terms.map((term, index) => [`pattern_${index}`, `%${term.replaceAll(/[\\%_]/g, '\\$&')}%`])
    return { shape: String(terms.length), values: Object.fromEntries(patterns) }
  }
  const long = terms.filter((term) => [...term].length >= TRIGRAM)
  const phrase = long.map((term) => `"${term.replaceAll('"', '""')}"`).join(' AND ')
  if (long.length === 0 || (await isCommon(db, phrase))) return { shape: 'each', values: { words: terms } }
  if (long.length === terms.length) return { shape: 'index', values: { phrase } }
  const words = terms.filter((term) => !long.includes(term))
  return { shape: 'both', values: { phrase, words } }
}

/** Rows that hold every term, by the plan whose shape and values are given. */
export function textMatches(
  db: Reader,
  column: Expression<string>,
  id: Expression<number>,
  { shape, values }: TextSearch,
): RawBuilder<SqlBool> {
  if (isPostgres(db)) {
    const all = Array.from({ length: Number(shape) }, (_, index) => values[`pattern_${index}`])
    return sql.join(
      all.map((pattern) => sql`${column} like ${pattern} escape '\\'`),
      sql` and `,
    )
  }
  const indexed = sql<SqlBool>`${id} in (select rowid from products_search where products_search match ${values.phrase})`
  const read = sql<SqlBool>`not exists (select 1 from json_each(${values.words}) where instr(${column}, value) = 0)`
  if (shape === 'each') return read
  return shape === 'index' ? indexed : sql`${indexed} and ${read}`
}

async function isCommon(db: Reader, phrase: string): Promise<boolean> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count
    from (select 1 from products_search where products_search match ${phrase} limit ${COMMON + 1})`.execute(db)
  return (rows[0]?.count ?? 0) > COMMON
}
