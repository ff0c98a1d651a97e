/** Layer A: every manifest can be read and fits its schema. */
import { readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import type { Project } from './project.ts'
import { evaluateRailway } from './railway-program.ts'
import { type Result, resultOf } from './results.ts'

interface Kind {
  /** A glob. */
  file: string
  profile: string
  schema?: string
  program?: true
}

/** YAML 1.2, of which JSON is a part: so both refuse a key that is there twice. */
const KINDS: Kind[] = [
  { file: 'render.yaml', profile: 'render', schema: 'render-blueprint' },
  { file: 'app.json', profile: 'heroku', schema: 'heroku-app-json' },
  { file: 'heroku.yml', profile: 'heroku', schema: 'heroku-yml' },
  { file: '.do/deploy.template.yaml', profile: 'digitalocean', schema: 'digitalocean-deploy-template' },
  { file: '.do/app.yaml', profile: 'digitalocean', schema: 'digitalocean-app-spec' },
  { file: '.railway/railway.ts', profile: 'railway', schema: 'railway-iac-project', program: true },
  { file: '.railway/template.json', profile: 'railway' },
  { file: 'docker-compose.yml', profile: 'compose', schema: 'compose-spec' },
  { file: 'docker-compose.postgresql.yml', profile: 'compose', schema: 'compose-spec' },
  { file: '.github/workflows/*.yml', profile: 'project', schema: 'github-workflow' },
]
const REQUIRED = ['Dockerfile', '.dockerignore', 'package.json', '.env.example', 'deploy/nginx.conf']

/** Every manifest's content by its name; one that could not be used is not in it. */
export type Manifests = Map<string, unknown>

export async function readManifests(project: Project): Promise<{ manifests: Manifests; results: Result[] }> {
  const manifests: Manifests = new Map()
  const results: Result[] = [missingFiles(project), deadRailwayFile(project)]
  for (const kind of KINDS) {
    const files = project.files.filter((file) => matchesGlob(file, kind.file))
    if (files.length === 0) results.push(resultOf({ id: 'A1', ...kind }, ['the file is missing']))
    for (const file of files) results.push(...(await readOne(project, { ...kind, file }, manifests)))
  }
  return { manifests, results }
}

function missingFiles(project: Project): Result {
  const missing = REQUIRED.filter((file) => !project.has(file)).map((file) => `${file} is missing`)
  return resultOf({ id: 'A1', profile: 'project', file: REQUIRED.join(', ') }, missing)
}

function deadRailwayFile(project: Project): Result {
  const dead = ['railway.json', 'railway.toml'].filter((file) => project.has(file))
  const problems = dead.map((file) => `${file} is read by no new service, and by none at all from 2026-12-01`)
  return resultOf({ id: 'A4', profile: 'railway', file: 'railway.json, railway.toml' }, problems)
}

async function readOne(project: Project, kind: Kind, manifests: Manifests): Promise<Result[]> {
  const { file, profile } = kind
  const text = project.read(file) ?? ''
  let content: unknown
  try {
    content = kind.program ? await evaluateRailway(project.root, text) : parse(text, { merge: true, version: '1.2' })
  } catch (error) {
    return [resultOf({ id: kind.program ? 'A3' : 'A1', profile, file }, [firstLine(error)])]
  }
  const results = [resultOf({ id: kind.program ? 'A3' : 'A1', profile, file }, [])]
  const problems = kind.schema === undefined ? [] : problemsOf(validator(kind.schema), content)
  if (kind.schema !== undefined) results.push(resultOf({ id: 'A2', profile, file }, problems))
  if (problems.length === 0) manifests.set(file, content)
  return results
}

const firstLine = (error: unknown) => (error as Error).message.split('\n')[0] ?? ''

const validators = new Map<string, ValidateFunction>()
const ajv = new Ajv({ allErrors: true, strict: false, logger: false })
addFormats.default(ajv)

function validator(name: string): ValidateFunction {
  const found = validators.get(name)
  if (found !== undefined) return found
  if (name === 'digitalocean-deploy-template') validator('digitalocean-app-spec')
  const schema = JSON.parse(readFileSync(new URL(`schemas/${name}.schema.json`, import.meta.url), 'utf8'))
  // One of them names its own schema in a way that ajv does not know.
  delete schema.$schema
  const made = ajv.compile(schema)
  validators.set(name, made)
  return made
}

/** The most telling errors only: of `oneOf` every branch complains. */
function problemsOf(validate: ValidateFunction, content: unknown): string[] {
  if (validate(content)) return []
  const errors = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const detail = params.additionalProperty ?? params.allowedValues?.join(', ') ?? ''
    return `${instancePath || '/'} ${message}${detail === '' ? '' : ` (${detail})`}`
  })
  return [...new Set(errors)].slice(0, 4)
}
