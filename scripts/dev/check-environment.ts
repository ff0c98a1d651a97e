/**
 * Only `src/config.ts` reads the environment, so that every variable is validated, documented and the same in tests.
 * Elsewhere in src and migrations `process` may be used for its other members, never handed on as a whole.
 */
import ts from 'typescript'
import { placeOf, reportFindings, sourceFiles } from './source-files.ts'

const READER = 'src/config.ts'

if (import.meta.main) reportFindings(sourceFiles(['src', 'migrations']).flatMap(findEnvironmentUse))

/** Finds each place in a file through which it could read the environment. */
export function findEnvironmentUse(source: ts.SourceFile): string[] {
  if (source.fileName === READER) return []
  const findings: string[] = []
  const visit = (node: ts.Node) => {
    if (isLeak(node)) findings.push(`${placeOf(node)} reads the environment; only ${READER} may`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

function isLeak(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return /^(?:node:)?process$/.test((node.moduleSpecifier as ts.StringLiteral).text)
  if (ts.isStringLiteralLike(node)) return node.text === 'process' && ts.isElementAccessExpression(node.parent)
  if (!ts.isIdentifier(node) || node.text !== 'process' || isJustAName(node)) return false
  const whole = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node ? node.parent : node
  const use = whole.parent
  return !ts.isPropertyAccessExpression(use) || use.expression !== whole || use.name.text === 'env'
}

/** A member, parameter or property that happens to be called `process`, not the global of that name. */
function isJustAName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return parent.expression.getText() !== 'globalThis'
  return 'name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent)
}
