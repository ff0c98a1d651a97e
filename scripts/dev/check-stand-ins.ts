/**
 * Refuses stand-ins of prepared queries wherever a value is wanted before the query runs. Types refuse most of that by
 * themselves, but TypeScript lets any object be tested, compared with its like and made into text, and a stand-in is
 * always true: `archived ? … : …` would be, for any value, what it is for the first.
 */
import ts from 'typescript'
import { placeOf, reportFindings, sourceFiles } from './source-files.ts'

const CONVERSIONS = new Set(['Boolean', 'Number', 'String'])
const TESTS_LEFT = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
])
const HANDS_ON = new Set([ts.SyntaxKind.EqualsToken, ts.SyntaxKind.CommaToken])

if (import.meta.main) {
  // Nobody else can have one in hand: they come from there, and whoever takes one says so by its type.
  const files = sourceFiles(['src'])
    .filter(({ text }) => /(prepared|stand-in)\.ts'/.test(text))
    .map(({ fileName }) => fileName)
  const program = ts.createProgram(files, compilerOptions())
  reportFindings(files.flatMap((file) => findMisusedStandIns(program, file)))
}

/** The options of the project's own `tsconfig.json`. */
export function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  return ts.parseJsonConfigFileContent(config, ts.sys, '.').options
}

/** Finds the stand-ins in one file that are looked at, as `file:line what`. */
export function findMisusedStandIns(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file)
  if (source === undefined) throw new Error(`${file} is not part of the program`)
  const checker = program.getTypeChecker()
  const findings: string[] = []
  const visit = (node: ts.Node) => {
    for (const looked of lookedAt(node)) {
      if (isStandIn(checker.getTypeAtLocation(looked))) {
        findings.push(`${placeOf(looked)} ${looked.getText()} is a stand-in: what decides here belongs into the shape`)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

/** The expressions whose values a node looks at: tests, compares, calculates with or makes into text. */
function lookedAt(node: ts.Node): ts.Expression[] {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) return [node.expression]
  if (ts.isSwitchStatement(node)) return [node.expression]
  if (ts.isForStatement(node)) return node.condition ? [node.condition] : []
  if (ts.isConditionalExpression(node)) return [node.condition]
  if (ts.isPrefixUnaryExpression(node)) return [node.operand]
  if (ts.isTemplateSpan(node)) return ts.isTaggedTemplateExpression(node.parent.parent) ? [] : [node.expression]
  if (ts.isCallExpression(node)) return CONVERSIONS.has(node.expression.getText()) ? [...node.arguments] : []
  if (!ts.isBinaryExpression(node)) return []
  if (TESTS_LEFT.has(node.operatorToken.kind)) return [node.left]
  return HANDS_ON.has(node.operatorToken.kind) ? [] : [node.left, node.right]
}

function isStandIn(type: ts.Type): boolean {
  if (type.isUnionOrIntersection()) return type.types.some(isStandIn)
  const constraint = type.isTypeParameter() ? type.getConstraint() : undefined
  if (constraint !== undefined) return isStandIn(constraint)
  // The class itself has the same symbol.
  if (type.symbol?.name !== 'StandIn' || type.getConstructSignatures().length > 0) return false
  return type.symbol.declarations?.some((at) => at.getSourceFile().fileName.endsWith('/db/stand-in.ts')) === true
}
