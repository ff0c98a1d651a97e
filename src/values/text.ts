/** Text as people type it, and the forms in which it is compared. */

/** How text is kept: trimmed, Unicode NFC. */
export const clean = (text: string): string => text.trim().normalize('NFC')

/**
 * The form in which names are unique: compatibility forms (full width, ligatures, no-break spaces) and case do not
 * count, runs of white space are one space. Accents do count: `Pena` and `Peña` are two names.
 *
 * @see https://www.unicode.org/reports/tr15/ for NFKC
 */
export const identityKey = (text: string): string =>
  fold(text.normalize('NFKC')).replaceAll(/\s+/g, ' ').trim().normalize('NFKC')

/** The form in which text is searched: like `identityKey`, and accents do not count either. */
export const searchKey = (text: string): string =>
  fold(text.normalize('NFKD').replaceAll(/\p{M}/gu, ''))
    .replaceAll(/[^\S\n]+/g, ' ')
    .trim()

/** The words of a search, each to be found as it stands. */
export const searchTerms = (text: string): string[] => [...new Set(searchKey(text).split(/\s+/).filter(Boolean))]

// Upper case first, so that ß is ss and both small sigmas are one.
const fold = (text: string): string => text.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
