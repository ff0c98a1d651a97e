/**
 * Keeps files and functions small enough to read in one go. Two things are long without being hard to read and do not
 * count: tables of plain data, and functions that only register routes or tests, whose parts are measured one by one.
 */
import ts from 'typescript'
import { placeOf, reportFindings, sourceFiles } from './source-files.ts'

const LIMITS = { source: 250, test: 400, function: 60, handler: 25 }
const ROUTE_METHODS = new Set(['get', 'post', 'put', 'patch', 'delete'])
const REGISTRATIONS = new Set([...ROUTE_METHODS, 'head', 'options', 'route', 'register', 'addHook', 'after', 'test'])
/** A literal shorter than this is part of the code around it. */
const TABLE_LINES = 10

type Handlers = Set<ts.Node | string>

if (import.meta.main) {
  reportFindings(sourceFiles(['src', 'migrations', 'scripts', 'test']).flatMap(findOversized))
}

/** Finds what is too long in one file, as `file:line what, lines (limit)`. */
export function findOversized(source: ts.SourceFile): string[] {
  const findings: string[] = []
  const limit = source.fileName.startsWith('test/') ? LIMITS.test : LIMITS.source
  const lines = source.text.trimEnd().split('\n').length - tableLines(source)
  if (lines > limit) findings.push(`${source.fileName}:1 file of ${lines} lines (at most ${limit})`)
  const handlers = source.fileName.startsWith('src/') ? findHandlers(source) : new Set<never>()
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) findings.push(...measure(node, handlers))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

function measure(node: ts.SignatureDeclaration, handlers: Handlers): string[] {
  const handler = handlers.has(node) || handlers.has(nameOf(node))
  if (!handler && isRegistrationList(node)) return []
  const limit = handler ? LIMITS.handler : LIMITS.function
  const lines = lineCount(node) - tableLines(node)
  if (lines <= limit) return []
  return [`${placeOf(node)} ${handler ? 'handler' : 'function'} of ${lines} lines (at most ${limit})`]
}

/** What a file hands to `app.get('/path', …)` and the like or calls `handler` in an object: functions, or their names. */
function findHandlers(source: ts.SourceFile): Handlers {
  const handlers: Handlers = new Set()
  const add = (node: ts.Node) => handlers.add(ts.isIdentifier(node) ? node.text : node)
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      if (ROUTE_METHODS.has(node.expression.name.text)) node.arguments.slice(1).forEach(add)
    } else if (ts.isPropertyAssignment(node) && node.name.getText() === 'handler') add(node.initializer)
    else if (ts.isMethodDeclaration(node) && node.name.getText() === 'handler') add(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return handlers
}

function nameOf(node: ts.SignatureDeclaration): string {
  const named = ts.isVariableDeclaration(node.parent) ? node.parent : node
  return named.name?.getText() ?? ''
}

/** Only calls such as `app.get(…)`, `await app.register(…)` or `test(…)`, also for each of a table, and one-line constants. */
function isRegistrationList(node: ts.SignatureDeclaration): boolean {
  const body = 'body' in node ? node.body : undefined
  return body !== undefined && onlyRegisters(body)
}

function onlyRegisters(block: ts.Node): boolean {
  if (!ts.isBlock(block)) return false
  return block.statements.every((statement) => {
    if (ts.isVariableStatement(statement)) return lineCount(statement) === 1
    if (ts.isForOfStatement(statement)) return onlyRegisters(statement.statement)
    return ts.isExpressionStatement(statement) && isRegistration(statement.expression)
  })
}

function isRegistration(expression: ts.Expression): boolean {
  const call = ts.isAwaitExpression(expression) ? expression.expression : expression
  if (!ts.isCallExpression(call)) return false
  const { expression: callee } = call
  if (ts.isPropertyAccessExpression(callee)) return REGISTRATIONS.has(callee.name.text)
  return ts.isIdentifier(callee) && callee.text === 'test'
}

/** Lines inside a node that are tables: literals of literals, without a call or a function in them. */
function tableLines(node: ts.Node): number {
  let lines = 0
  ts.forEachChild(node, (child) => {
    const table = isPlainData(child) && lineCount(child) >= TABLE_LINES
    // The first and the last line of a table also hold what is around it.
    lines += table ? lineCount(child) - 2 : tableLines(child)
  })
  return lines
}

function isPlainData(node: ts.Node): boolean {
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every((member) => ts.isPropertyAssignment(member) && isPlainValue(member.initializer))
  }
  return ts.isArrayLiteralExpression(node) && node.elements.every(isPlainValue)
}

function isPlainValue(node: ts.Expression): boolean {
  const value = ts.isPrefixUnaryExpression(node) ? node.operand : node
  if (ts.isLiteralExpression(value) || isPlainData(value)) return true
  return [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword].includes(value.kind)
}

function lineCount(node: ts.Node): number {
  const source = node.getSourceFile()
  const line = (position: number) => source.getLineAndCharacterOfPosition(position).line
  return line(node.getEnd()) - line(node.getStart()) + 1
}
