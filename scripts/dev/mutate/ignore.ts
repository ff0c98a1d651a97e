/** A plugin for Stryker: what is in the source for the compiler alone is not mutated. */

/** The part of Babel's NodePath that is looked at. */
interface Place {
  key: string | number | null
  parentPath?: Place | null
  isAssignmentPattern(): boolean
  isArrayPattern(): boolean
}

/** `const [, salt = ''] = /…(.+)…/.exec(text)`: a group that always takes part is `string | undefined` to the compiler. */
function shouldIgnore({ key, parentPath }: Place): string | undefined {
  if (key !== 'right' || !parentPath?.isAssignmentPattern() || !parentPath.parentPath?.isArrayPattern())
    return undefined
  return 'the default of a place of an array, which the compiler asks for'
}

export const strykerPlugins = [{ kind: 'Ignore', name: 'match-defaults', value: { shouldIgnore } }]
