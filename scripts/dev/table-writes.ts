import ts from 'typescript'
import { placeOf } from './source-files.ts'

export interface Write {
  place: string
  /** The file or the module that writes. */
  writer: string
  /** Undefined where the name of the table cannot be read in the source. */
  table: string | undefined
}

const BUILDERS = new Set(['insertInto', 'replaceInto', 'updateTable', 'deleteFrom', 'mergeInto'])

/** A module writes as one, any other file by itself. */
export const writerOf = ({ fileName }: ts.SourceFile): string =>
  /^src\/modules\/[^/]+(?=\/)/.exec(fileName)?.[0] ?? fileName

/** Finds every write to a table in a file. */
export function findWrites(source: ts.SourceFile, tables: string[]): Write[] {
  const writer = writerOf(source)
  const writes: Write[] = []
  const visit = (node: ts.Node) => {
    const place = placeOf(ts.isPropertyAccessExpression(node) ? node.name : node)
    for (const table of [...builtBy(node), ...writtenIn(node, tables)]) writes.push({ place, writer, table })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return writes
}

/** The tables that one of Kysely's builders names, when `node` takes it from its handle. */
function builtBy(node: ts.Node): (string | undefined)[] {
  if (ts.isBindingElement(node)) return BUILDERS.has((node.propertyName ?? node.name).getText()) ? [undefined] : []
  if (!BUILDERS.has(memberOf(node) ?? '')) return []
  const call = node.parent
  if (!ts.isCallExpression(call) || call.expression !== node) return [undefined]
  const [target] = call.arguments
  if (target === undefined) return [undefined]
  const names = ts.isArrayLiteralExpression(target) ? target.elements : [target]
  return names.map((name) => (ts.isStringLiteralLike(name) ? name.text.split(' ', 1)[0] : undefined))
}

function memberOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  const isNamed = ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)
  return isNamed ? (node.argumentExpression as ts.StringLiteral).text : undefined
}

/** Stands for what is put into a text at run time. */
const HOLE = '\u0000'
const NAME = `((?:["\`]?\\w+["\`]?\\.)?["\`]?\\w+["\`]?|${HOLE})`
const SQL_WRITES = [
  `(?:insert(?:\\s+or\\s+\\w+)?|replace|merge)\\s+into\\s+(?:only\\s+)?${NAME}`,
  `delete\\s+from\\s+(?:only\\s+)?${NAME}`,
  `\\btruncate\\s+(?:table\\s+)?(?:only\\s+)?${NAME}`,
  // `do update set` and `for update of` write nothing here.
  `\\bupdate(?:\\s+or\\s+\\w+)?\\s+(?:only\\s+)?(?!set\\b)${NAME}(?:\\s+(?:as\\s+)?\\w+)?\\s+set\\b`,
].map((pattern) => new RegExp(pattern, 'gi'))

/** The tables that SQL in a text writes; a sum of texts is read as one. Outside of `sql` a text is prose unless it names a table. */
function writtenIn(node: ts.Node, tables: string[]): (string | undefined)[] {
  if (!(ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isBinaryExpression(node))) return []
  if (ts.isBinaryExpression(node.parent) && isSum(node.parent)) return []
  const holes: ts.Expression[] = []
  const text = textOf(node, holes)?.replaceAll(/\/\*[\s\S]*?\*\/|--[^\n]*/g, ' ')
  if (text === undefined) return []
  const found = SQL_WRITES.flatMap((pattern) => [...text.matchAll(pattern)])
  const names = found.map((match) => {
    const name = match[1] ?? ''
    if (name !== HOLE) return name.replaceAll(/["`]/g, '').split('.').at(-1)?.toLowerCase()
    const place = match.index + match[0].indexOf(HOLE)
    return nameIn(holes[text.slice(0, place).split(HOLE).length - 1])
  })
  const isSql = ts.isTaggedTemplateExpression(node.parent)
  // SQLite's own tables are of no module.
  return names.filter((name) => (name === undefined || isSql ? !name?.startsWith('sqlite_') : tables.includes(name)))
}

const isSum = (node: ts.BinaryExpression) => node.operatorToken.kind === ts.SyntaxKind.PlusToken

/** The text of a literal, a template or a sum of them; `holes` takes what is put into it. */
function textOf(node: ts.Node, holes: ts.Expression[]): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => {
      holes.push(expression)
      return HOLE + literal.text
    })
    return [node.head.text, ...parts].join('')
  }
  if (!ts.isBinaryExpression(node) || !isSum(node)) return undefined
  const [left, right] = [node.left, node.right].map((side) => {
    const text = textOf(side, holes)
    if (text === undefined) holes.push(side)
    return text ?? HOLE
  })
  return `${left}${right}`
}

/** The table in `${sql.table('stock')}`, `${sql.ref('stock')}` or `${'stock'}`. */
function nameIn(hole: ts.Expression | undefined): string | undefined {
  const name = hole !== undefined && ts.isCallExpression(hole) ? hole.arguments[0] : hole
  return name !== undefined && ts.isStringLiteralLike(name) ? name.text : undefined
}
