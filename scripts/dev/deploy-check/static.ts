/** Layers A and B: what the files say, without starting anything. */

import { readCompose } from './deployments/compose.ts'
import type { Deployment } from './deployments/deployment.ts'
import { readDigitalocean } from './deployments/digitalocean.ts'
import { readHeroku } from './deployments/heroku.ts'
import { readRailwayProgram, readRailwayTemplate } from './deployments/railway.ts'
import { readRender } from './deployments/render.ts'
import { type ImageFacts, readDockerfile } from './dockerfile.ts'
import { environmentOf, tryEnvironment } from './environment.ts'
import { type Manifests, readManifests } from './files.ts'
import { platformRules } from './platform-rules.ts'
import type { Profile } from './profiles/profile.ts'
import type { Project } from './project.ts'
import { checkProject } from './project-rules.ts'
import { type Result, resultOf } from './results.ts'
import type { Rule } from './rules.ts'
import { variableRules } from './variable-rules.ts'

export const RULES: Rule[] = [...variableRules, ...platformRules]

type Reader = (file: string, content: unknown, manifests: Manifests, project: Project) => Deployment

const READERS = new Map<string, Reader>([
  ['render.yaml', readRender],
  [
    'app.json',
    (file, content, manifests, project) =>
      readHeroku(file, content, manifests.get('heroku.yml') ?? {}, project.read('Procfile')),
  ],
  ['.do/deploy.template.yaml', (file, content) => readDigitalocean(file, (content as { spec: unknown }).spec)],
  ['.do/app.yaml', readDigitalocean],
  ['.railway/railway.ts', readRailwayProgram],
  ['.railway/template.json', readRailwayTemplate],
  ['docker-compose.yml', readCompose],
  ['docker-compose.postgresql.yml', readCompose],
])

/** Files without which another one cannot be judged. */
const BELONGS = new Map([['heroku.yml', 'app.json']])

export interface Static {
  results: Result[]
  deployments: Deployment[]
  image: ImageFacts
}

export async function checkStatically(project: Project): Promise<Static> {
  const { manifests, results } = await readManifests(project)
  const image = readDockerfile(project.read('Dockerfile') ?? '')
  const broken = new Set(results.filter(({ status }) => status === 'fail').map(({ file }) => BELONGS.get(file) ?? file))
  const readable = [...READERS].filter(([file]) => manifests.has(file) && !broken.has(file))
  const deployments = readable.map(([file, read]) => read(file, manifests.get(file), manifests, project))
  return {
    deployments,
    image,
    results: [
      ...results,
      ...deployments.flatMap((deployment) => checkDeployment(deployment, project, image)),
      ...[...broken].filter((file) => READERS.has(file)).map(unjudged),
      ...checkProject(project, manifests, deployments, image),
      ...assumptions(deployments.map(({ profile }) => profile)),
    ],
  }
}

function checkDeployment(deployment: Deployment, project: Project, image: ImageFacts): Result[] {
  const outcome = tryEnvironment(environmentOf(deployment, image))
  const context = { project, image, outcome }
  return RULES.filter((rule) => !rule.skip?.(deployment, context)).map((rule) =>
    resultOf(
      { id: rule.id, profile: deployment.profile.name, file: deployment.file },
      rule.check(deployment, context),
      rule.title,
    ),
  )
}

function unjudged(file: string): Result {
  return { id: 'B', profile: 'project', file, status: 'not run', evidence: 'the file itself is not right' }
}

function assumptions(profiles: Profile[]): Result[] {
  const byName = new Map(profiles.map((profile) => [profile.name, profile]))
  return [...byName.values()].flatMap(({ name, facts }) =>
    facts.map(
      ({ claim, source }): Result => ({
        id: 'P',
        profile: name,
        file: '',
        status: 'assumed',
        evidence: `${claim} (${source})`,
      }),
    ),
  )
}
