/** What commands would find in the image. */
import { posix } from 'node:path'
import type { Command } from './deployments/deployment.ts'
import { isIgnored } from './dockerfile.ts'
import type { Project } from './project.ts'

/** Folders the Dockerfile copies whole, but for what its build stage removes. */
const COPIED = /^(?:src|migrations|scripts)\/(?!dev\/)/

interface Manifest {
  dependencies?: Record<string, string>
  scripts?: Record<string, string>
}

export function isInImage(project: Project, file: string): boolean {
  const copied = COPIED.test(file) || file === 'package.json'
  return copied && project.has(file) && !isIgnored(project.read('.dockerignore') ?? '', file)
}

/** A shell that runs a command keeps signals from it, unless it makes room for it. */
export function isShellSafe({ text }: Command): boolean {
  return /^exec node\s/.test(text)
}

export function commandProblems(project: Project, { where, text }: Command): string[] {
  return text.split(/\s*&&\s*/).flatMap((part) => {
    const words = part.replace(/^exec\s+/, '').split(/\s+/)
    const [program, action, script = ''] = words
    if (program === 'npm' && action === 'run') {
      const known = project.json<Manifest>('package.json').scripts?.[script]
      return known === undefined
        ? [`${where}: there is no npm script ${script}`]
        : fileProblems(project, where, known.split(' '))
    }
    if (program === 'node') return fileProblems(project, where, words)
    return [`${where}: ${program} is not in the image; node runs TypeScript by itself`]
  })
}

function fileProblems(project: Project, where: string, words: string[]): string[] {
  const files = words.filter((word) => /\.[jt]s$/.test(word)).map((word) => posix.normalize(word))
  return files.flatMap((file) =>
    isInImage(project, file) ? importProblems(project, file) : [`${where}: ${file} is not in the image`],
  )
}

/** Follows a program's imports: all of them are in the image, and no package is for development only. */
export function importProblems(project: Project, entry: string): string[] {
  const { dependencies = {} } = project.json<Manifest>('package.json')
  const problems: string[] = []
  const waiting = [entry]
  const seen = new Set<string>()
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const name of importsOf(project.read(file) ?? '')) {
      if (name.startsWith('node:')) continue
      if (!name.startsWith('.')) {
        const home = name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/')
        if (!(home in dependencies)) problems.push(`${file} needs ${home}, which is not in the image`)
        continue
      }
      const target = posix.join(posix.dirname(file), name)
      if (isInImage(project, target)) waiting.push(target)
      else problems.push(`${file} needs ${target}, which is not in the image`)
    }
  }
  return problems
}

/** Types are erased and not counted. */
function importsOf(text: string): string[] {
  const statement = /^\s*(?:import|export)\s+(?!type\b)(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm
  const call = /\bimport\('([^']+)'\)/g
  return [statement, call].flatMap((pattern) => Array.from(text.matchAll(pattern), ([, name = '']) => name))
}
