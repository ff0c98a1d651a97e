/** A copy of what would be published, installed as a platform does it, for programs that know nothing of this machine. */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { unprivilegedAccount } from '../../embedded-postgres.ts'
import { readDockerfile } from '../dockerfile.ts'
import type { Project } from '../project.ts'
import { type Result, resultOf } from '../results.ts'

const run = promisify(execFile)
const BUILD_MS = 300_000
/** npm refuses the project's own files; whatever else it says is about the network or this machine. */
const OWN_FAULT = /\b(?:EUSAGE|ERESOLVE|EJSONPARSE|EBADENGINE)\b/
const OF = { id: 'C1', profile: 'project', file: 'package.json' }
const NEEDED = /^(?:src|migrations|scripts)\/|^(?:package\.json|package-lock\.json|\.npmrc)$/

export interface Workspace {
  /** Where the program is started. */
  app: string
  /** Holds `node`. */
  bin: string
  /** Somebody without rights, where this program itself is root. */
  account: ReturnType<typeof unprivilegedAccount>
  /** How its installation went. */
  result: Result
  /** Makes a folder that the account may write to. */
  volume(): string
  remove(): void
}

export type Install = (project: Project, app: string) => Result | Promise<Result>

/** @param install how the packages get there; a copy of this checkout's own will do where the phases alone matter */
export async function makeWorkspace(project: Project, install: Install = installed): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-phases-'))
  chmodSync(folder, 0o755)
  const [app, bin] = [join(folder, 'app'), join(folder, 'bin')]
  for (const file of project.files.filter((name) => NEEDED.test(name))) {
    mkdirSync(dirname(join(app, file)), { recursive: true })
    writeFileSync(join(app, file), project.read(file) ?? '')
  }
  mkdirSync(bin)
  copyFileSync(process.execPath, join(bin, 'node'))
  chmodSync(join(bin, 'node'), 0o755)
  const account = unprivilegedAccount()
  const result = await install(project, app)
  const volume = () => {
    const made = mkdtempSync(join(folder, 'volume-'))
    if (account) chownSync(made, account.uid, account.gid)
    return made
  }
  return { app, bin, account, result, volume, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Without a database to reach: what touches one fails here. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _url, ...env } = process.env
  return { ...env, PGHOST: '127.0.0.1', PGPORT: '1' }
}

async function installed(project: Project, app: string): Promise<Result> {
  const started = performance.now()
  const args = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  try {
    await run('npm', args, { cwd: app, env: buildEnvironment(), timeout: BUILD_MS })
  } catch (error) {
    const evidence = `npm could not install: ${reasonOf(error)}`
    if (OWN_FAULT.test(evidence)) return resultOf(OF, [evidence])
    return { ...copied(project, app), evidence }
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  return await built(project, app, `npm ci --omit=dev --ignore-scripts in ${seconds} s`)
}

/** Runs the programs that the Dockerfile runs once everything is installed. */
export async function built(project: Project, app: string, before: string): Promise<Result> {
  const steps = readDockerfile(project.read('Dockerfile') ?? '').instructions.filter(({ name }) => name === 'RUN')
  const programs = steps.flatMap(({ argument }) => [...argument.matchAll(/node \/image\/(\S+)([^&]*)/g)])
  for (const [, file = '', words = ''] of programs) {
    const args = [`scripts/dev/image/${file}`, ...words.split(' ').filter(Boolean)]
    try {
      await run(process.execPath, args, { cwd: app, env: buildEnvironment(), timeout: BUILD_MS })
    } catch (error) {
      return resultOf(OF, [`${file}: ${reasonOf(error)}`])
    }
  }
  const names = programs.map(([, file]) => file).join(', ')
  return resultOf(OF, [], `${before}, then ${names}; no database within reach`)
}

/** What a program said of its end, in one line. */
function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  const lines = (stderr || message).split('\n').filter((line) => /error/i.test(line))
  return (lines.length > 0 ? lines : [message]).slice(0, 2).join(' ')
}

/** The same packages as this checkout has them, but for those of development. */
export function copied(project: Project, app: string): Result {
  rmSync(join(app, 'node_modules'), { recursive: true, force: true })
  const { packages } = project.json<{ packages: Record<string, { dev?: boolean }> }>('package-lock.json')
  const outer = Object.keys(packages).filter((path) => /^node_modules\/(?!.*\/node_modules\/)/.test(path))
  const wanted = outer.filter((path) => !packages[path]?.dev && existsSync(join(project.root, path)))
  for (const path of wanted) cpSync(join(project.root, path), join(app, path), { recursive: true })
  return { ...OF, status: 'not run', evidence: 'the packages were copied' }
}

/** As after a restart on a disk that was thrown away: the same program in a new folder. */
export function freshCopy({ app }: Workspace): string {
  const copy = mkdtempSync(join(dirname(app), 'again-'))
  chmodSync(copy, 0o755)
  cpSync(app, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => path !== join(app, 'node_modules') })
  symlinkSync(join(app, 'node_modules'), join(copy, 'node_modules'))
  return copy
}
