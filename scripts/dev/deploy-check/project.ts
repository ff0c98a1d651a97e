import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** A file's other text, or undefined for a file that is gone. */
type Changes = Map<string, string | undefined>

/** The files of a checkout as they would be published, with changes that are only thought of. */
export class Project {
  readonly root: string
  readonly #changes: Changes
  readonly #files: Set<string>

  constructor(root: string, files: Iterable<string> = publishedFiles(root), changes: Changes = new Map()) {
    this.root = root
    this.#changes = changes
    this.#files = new Set(files)
    for (const [file, text] of changes) {
      if (text === undefined) this.#files.delete(file)
      else this.#files.add(file)
    }
  }

  /** The same project, but for some files. */
  with(changes: Changes): Project {
    return new Project(this.root, this.#files, changes)
  }

  /** Sorted, relative, with forward slashes. */
  get files(): string[] {
    return [...this.#files].sort()
  }

  has(file: string): boolean {
    return this.#files.has(file)
  }

  read(file: string): string | undefined {
    if (this.#changes.has(file)) return this.#changes.get(file)
    return this.#files.has(file) ? readFileSync(join(this.root, file), 'utf8') : undefined
  }

  json<T>(file: string): T {
    return JSON.parse(this.read(file) ?? '{}')
  }
}

/** Tracked files and new ones that are not ignored; without git, everything but what npm and git own. */
function publishedFiles(root: string): string[] {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }
    const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], options)
    return list.split('\0').filter((file) => file !== '' && existsSync(join(root, file)))
  } catch {
    return globSync('**/*', { cwd: root, exclude: (name) => /^(?:node_modules|\.git|instance)$/.test(name) })
      .map((file) => file.replaceAll(sep, '/'))
      .filter((file) => /\.\w+$|file$/i.test(file))
  }
}

/** `owner/name` on GitHub, from any way to write its address. */
export function repositoryName(address: unknown): string | undefined {
  const [, name] =
    /^(?:git\+)?(?:https:\/\/|git@|ssh:\/\/git@)github\.com[/:]([^/\s]+\/[^/\s?]+?)(?:\.git)?(?:\/.*)?$/.exec(
      String(address),
    ) ?? [undefined, undefined]
  return name
}
