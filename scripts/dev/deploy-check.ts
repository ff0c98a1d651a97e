/**
 * Tells, without an account anywhere, what would break on Render, Heroku, DigitalOcean, Railway and Docker Compose:
 * `npm run deploy:check`. It deploys nothing. Exit codes: 0 nothing fails, 1 something does, 2 asked for wrongly.
 */
import '../../src/process/node-version.js'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkImage } from './deploy-check/image.ts'
import { checkPhases } from './deploy-check/phases/phases.ts'
import { Project } from './deploy-check/project.ts'
import { lastLine, report } from './deploy-check/report.ts'
import { countOf, type Result } from './deploy-check/results.ts'
import { checkStatically } from './deploy-check/static.ts'

const USAGE = `Usage: npm run deploy:check -- [OPTIONS]

  --only NAMES    of these platforms only: render, heroku, digitalocean, railway, compose, project
  --layer LAYERS  A files, B cross checks, C the service on a database, D the image; default ABCD
  --image NAME    for D: use this image instead of building one
  --json FILE     write all results there too
  --strict        what could not be run fails as well
  --all           show what passed, too`

const LAYERS = 'ABCD'
const PLATFORMS = ['render', 'heroku', 'digitalocean', 'railway', 'compose', 'project']
const ROOT = join(import.meta.dirname, '../..')

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { only, layers, image, json, strict, all, help } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  const results = (await run(layers, only, image)).filter(
    ({ id, profile }) => (id === 'P' || layers.includes(id.charAt(0))) && (only.length === 0 || only.includes(profile)),
  )
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ results, summary: lastLine(results) }, null, 2)}\n`)
  console.log(report(results, all))
  const failed = countOf(results, 'fail') + (strict ? countOf(results, 'not run') : 0)
  return failed === 0 ? 0 : 1
}

async function run(layers: string, only: string[], name: string | undefined): Promise<Result[]> {
  const project = new Project(ROOT)
  const { results, deployments, image } = await checkStatically(project)
  if (layers.includes('C')) {
    const chosen = deployments.filter(({ profile }) => only.length === 0 || only.includes(profile.name))
    results.push(...(await checkPhases(project, chosen, image)))
  }
  if (layers.includes('D')) results.push(...(await checkImage(ROOT, image, { name })))
  return results
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      layer: { type: 'string', default: LAYERS },
      image: { type: 'string' },
      json: { type: 'string' },
      strict: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const only = values.only.split(',').filter((name) => name !== '')
  const unknown = only.find((name) => !PLATFORMS.includes(name))
  if (unknown !== undefined) throw new Error(`--only: there is no platform "${unknown}".`)
  const layers = values.layer.toUpperCase()
  if (!/^[ABCD]+$/.test(layers)) throw new Error(`--layer takes letters of ${LAYERS}.`)
  return { ...values, only, layers }
}
