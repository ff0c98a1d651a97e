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
import type { Project } from '../project.ts'
import { type Result, resultOf } from '../results.ts'

const run = promisify(execFile)
const INSTALL_MS = 300_000
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

type Install = (project: Project, app: string) => Result | Promise<Result>

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

/** Without a database to reach: an installation that touches one fails here. */
async function installed(project: Project, app: string): Promise<Result> {
  const { DATABASE_URL: _url, ...env } = process.env
  const started = performance.now()
  const args = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  try {
    await run('npm', args, { cwd: app, env: { ...env, PGHOST: '192.0.2.1' }, timeout: INSTALL_MS })
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    return resultOf(OF, [], `npm ci --omit=dev --ignore-scripts in ${seconds} s, no database within reach`)
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    const reason = (stderr || message).trim().split('\n').slice(0, 2).join(' ')
    return { ...copied(project, app), evidence: `npm could not install: ${reason}` }
  }
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
