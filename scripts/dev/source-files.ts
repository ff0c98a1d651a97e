import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '../..')

/** Parses every TypeScript file that people write in these folders of the project; generated ones (`*.gen.ts`) are left out. */
export function sourceFiles(folders: string[]): ts.SourceFile[] {
  return folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }))
    .filter((file) => !file.endsWith('.gen.ts'))
    .sort()
    .map((file) => parse(file.replaceAll('\\', '/'), readFileSync(join(ROOT, file), 'utf8')))
}

/** Parses one file; `file` is its path in the project, with forward slashes. */
export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true)
}

/** Says where a node is, as terminals and editors understand it. */
export function placeOf(node: ts.Node): string {
  const source = node.getSourceFile()
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

/** Prints the findings of a check; one is enough to fail the process. */
export function reportFindings(findings: string[]) {
  for (const finding of findings) console.error(finding)
  if (findings.length > 0) process.exitCode = 1
}
