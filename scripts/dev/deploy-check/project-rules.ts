/** Rules that hold between files of the project, whatever the platform. */
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process'
import { envExample } from '../env-example.ts'
import type { Deployment } from './deployments/deployment.ts'
import { type ImageFacts, isIgnored } from './dockerfile.ts'
import type { Manifests } from './files.ts'
import { importProblems } from './image-commands.ts'
import { type Project, repositoryName } from './project.ts'
import { readmeProblems } from './readme.ts'
import { type Result, resultOf } from './results.ts'
import { twinProblems } from './twins.ts'
import { workflowProblems, workflowVersions } from './workflows.ts'

interface Package {
  engines: { node: string }
  repository?: { url?: string }
  scripts: Record<string, string>
  allowScripts?: Record<string, boolean>
}

export function checkProject(
  project: Project,
  manifests: Manifests,
  deployments: Deployment[],
  image: ImageFacts,
): Result[] {
  const result = (id: string, file: string, problems: string[]) => resultOf({ id, profile: 'project', file }, problems)
  const repository = repositoryName(project.json<Package>('package.json').repository?.url)
  return [
    result('B10', '.dockerignore', leftInImage(project)),
    result('B13', 'Dockerfile', commandProblems(project, image)),
    result('B17', 'README.md', [
      ...sourceProblems(repository, deployments),
      ...readmeProblems(project, manifests, repository, deployments),
    ]),
    published(project, repository),
    result('B18', 'package.json', [...versionProblems(project, manifests, image), ...unlistedScripts(project)]),
    result(
      'B19',
      '.env.example',
      project.read('.env.example') === envExample() ? [] : ['it is not made from the schema'],
    ),
    result('B21', '.do/app.yaml, .railway/template.json', twinProblems(manifests, deployments)),
    result('B22', '.github/workflows', workflowProblems(project, manifests)),
    result('B23', 'Dockerfile', imageProblems(image)),
  ]
}

/** Programs that lie in the image without being able to run there, and what is for development and goes to the build. */
function leftInImage(project: Project): string[] {
  const ignored = project.read('.dockerignore') ?? ''
  const sent = project.files.filter((file) => file.startsWith('scripts/') && !isIgnored(ignored, file))
  const tools = sent.filter((file) => /^scripts\/dev\/(?!image\/)/.test(file))
  const programs = sent.filter((file) => /^scripts\/[^/]+\.ts$/.test(file))
  return [
    ...tools.slice(0, 1).map((file) => `${file} is for development and goes to the build`),
    ...[...programs, 'src/server.ts'].flatMap((file) => importProblems(project, file).slice(0, 1)),
  ]
}

/** The image starts what `npm start` starts. */
function commandProblems(project: Project, image: ImageFacts): string[] {
  const { start = '' } = project.json<Package>('package.json').scripts
  if (image.command === undefined) return ['CMD is in shell form: the shell keeps SIGTERM to itself']
  return image.command.join(' ') === start ? [] : [`CMD is not what npm start runs (${start})`]
}

function sourceProblems(repository: string | undefined, deployments: Deployment[]): string[] {
  if (repository === undefined) return ['package.json names no repository on GitHub']
  const all = deployments.flatMap(({ file, sources }) => sources.map((source) => ({ file, ...source })))
  const branches = new Set(all.flatMap(({ branch }) => branch ?? []))
  return [
    ...all
      .filter((source) => source.repository !== repository)
      .map((source) => `${source.file} names ${source.repository}, package.json ${repository}`),
    ...(branches.size > 1 ? [`manifests name several branches: ${[...branches].join(', ')}`] : []),
  ]
}

/** Whether a button can lead anywhere. */
function published(project: Project, repository: string | undefined): Result {
  const of = { id: 'B24', profile: 'project', file: 'package.json' }
  if (repository?.startsWith('your-org/')) {
    const evidence = `${repository} stands for an address that is not known yet: no button works until it is replaced`
    return { ...of, status: 'assumed', evidence }
  }
  const remote = remoteOf(project.root)
  if (remote === undefined) {
    return { ...of, status: 'assumed', evidence: `git knows no remote on GitHub; taken for ${repository}` }
  }
  return resultOf(of, remote === repository ? [] : [`git's origin is ${remote}, package.json names ${repository}`])
}

function remoteOf(cwd: string): string | undefined {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }
    return repositoryName(execFileSync('git', ['remote', 'get-url', 'origin'], options).trim())
  } catch {
    return undefined
  }
}

function versionProblems(project: Project, manifests: Manifests, image: ImageFacts): string[] {
  const wanted = Number(/(\d+)/.exec(project.json<Package>('package.json').engines.node)?.[1])
  const bases = image.bases.map((base) => ({ where: `Dockerfile (${base})`, version: /^node:(\d+)\b/.exec(base)?.[1] }))
  const file = project.read('.nvmrc')
  const others = file === undefined ? [] : [{ where: '.nvmrc', version: /\d+/.exec(file)?.[0] }]
  return [...bases, ...workflowVersions(manifests), ...others]
    .filter(({ version }) => Number(version) !== wanted)
    .map(({ where, version }) => `${where} has Node ${version}, package.json wants ${wanted}`)
}

/** npm 12 runs the install scripts of no package that is not listed, and says nothing. */
function unlistedScripts(project: Project): string[] {
  const { packages = {} } = project.json<{ packages?: Record<string, { hasInstallScript?: boolean }> }>(
    'package-lock.json',
  )
  const { allowScripts = {} } = project.json<Package>('package.json')
  return (
    Object.entries(packages)
      // The first is this project itself, whose own scripts always run.
      .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
      .filter((name) => !(name in allowScripts))
      .map((name) => `allowScripts does not say whether ${name} may run its install script`)
  )
}

function imageProblems({ user, volumes, instructions, healthcheck, env }: ImageFacts): string[] {
  const owned = instructions.some(({ name, argument }) => name === 'RUN' && /-o node .*\/data\b/.test(argument))
  const file = (env.DATABASE_URL ?? '').replace(/^sqlite:/, '')
  return [
    ...(/^(?:root|0)?$/.test(user) ? ['it runs as root'] : []),
    ...(volumes.some((volume) => file.startsWith(`${volume}/`)) ? [] : ['the default database is in no volume']),
    ...(owned ? [] : ['the volume does not belong to the user']),
    ...(/\b(?:curl|wget)\b/.test(healthcheck) || healthcheck === ''
      ? ['HEALTHCHECK cannot run: there is no curl']
      : []),
  ]
}
