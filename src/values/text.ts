/** Text as people type it, and the forms in which it is compared. */

/** How text is kept: trimmed, Unicode NFC; empty when nothing of it can be seen. */
export const clean = (text: string): string => (withoutInvisible(text).trim() ? text.trim().normalize('NFC') : '')

/**
 * The form in which names are unique: compatibility forms (full width, ligatures, no-break spaces), case and what
 * nobody sees (zero-width spaces, soft hyphens, marks of direction) do not count, runs of white space are one space.
 * Accents do count: `Pena` and `Peña` are two names.
 *
 * @see https://www.unicode.org/reports/tr15/ for NFKC
 */
export const identityKey = (text: string): string =>
  fold(withoutInvisible(text.normalize('NFKC')))
    .replaceAll(/\s+/g, ' ')
    .trim()
    .normalize('NFKC')

/** The form in which text is searched: like `identityKey`, and accents do not count either. */
export const searchKey = (text: string): string =>
  fold(withoutInvisible(text.normalize('NFKD')).replaceAll(/\p{M}/gu, ''))
    .replaceAll(/[^\S\n]+/g, ' ')
    .trim()

/** The words of a search, each to be found as it stands. */
export const searchTerms = (text: string): string[] => [...new Set(searchKey(text).split(/\s/).filter(Boolean))]

const withoutInvisible = (text: string): string => text.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')

// Through upper case, so that ß is ss and both small sigmas are one; ẞ is upper case already, and has to become ß before.
const fold = (text: string): string => text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ')
