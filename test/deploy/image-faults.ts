/** What goes wrong with images, by the rule that must find it. */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageFacts } from '../../scripts/dev/deploy-check/dockerfile.ts'
import type { Places } from '../../scripts/dev/deploy-check/image.ts'
import { startedAfter } from '../support/deployments.ts'
import type { Answers } from '../support/folder-builder.ts'

export interface ImageFault {
  id: string
  what: string
  facts?: Partial<ImageFacts>
  answers?: Answers
  /** Before the service starts; returns what puts it right again. */
  spoil?: (places: Places) => () => void
  /** Once it is ready. */
  spoilLater?: (places: Places) => void
  patienceMs?: number
  said: RegExp
}

const NEVER_READY = `
  import { Server } from 'node:http'
  const { emit } = Server.prototype
  Server.prototype.emit = function (event, request, response) {
    if (event !== 'request' || request.url !== '/ready') return emit.apply(this, arguments)
    response.writeHead(503).end()
  }`

const STOPS_LATE = `
  process.on('SIGTERM', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_500))`

/** Does something in a folder that nobody may change. */
function inside(folder: string, change: () => void): void {
  chmodSync(folder, 0o755)
  change()
  chmodSync(folder, 0o555)
}

function withStrayFile({ app }: Places): () => void {
  const file = join(app, '.env')
  inside(app, () => writeFileSync(file, '', { mode: 0o444 }))
  return () => inside(app, () => rmSync(file))
}

function withWritableFile({ app }: Places): () => void {
  const file = join(app, 'src/app.ts')
  chmodSync(file, 0o666)
  return () => chmodSync(file, 0o444)
}

function withoutMigrate({ app }: Places): () => void {
  const [there, away] = [join(app, 'scripts/migrate.ts'), join(app, 'scripts/gone.ts')]
  const move = (from: string, to: string) => inside(join(app, 'scripts'), () => renameSync(from, to))
  move(there, away)
  return () => move(away, there)
}

const brokenBuild = (output: string): Answers => ({ built: { code: 1, output } })

export const IMAGE_FAULTS: ImageFault[] = [
  {
    id: 'D1',
    what: 'a step that fails, although its base was pulled',
    answers: brokenBuild('24: Pulling from library/node\nERROR: failed to solve: "/LICENSE": not found'),
    said: /build ended with 1: ERROR: failed to solve: "\/LICENSE": not found/,
  },
  {
    id: 'D1',
    what: 'a build that reaches for a database',
    answers: brokenBuild('Error: connect ECONNREFUSED 127.0.0.1:5432'),
    said: /build ended with 1: Error: connect ECONNREFUSED/,
  },
  {
    id: 'D2',
    what: 'a service that is never ready',
    facts: startedAfter(NEVER_READY),
    patienceMs: 5000,
    said: /\/ready did not answer 200/,
  },
  {
    id: 'D2',
    what: 'a command that cannot be started',
    answers: { refusal: 'exec: "node": executable file not found in $PATH' },
    said: /^it could not be started: exec: "node"/,
  },
  {
    id: 'D3',
    what: 'a user with all rights',
    answers: { variables: { NODE_OPTIONS: '--import=data:text/javascript,process.getuid=()=>0' } },
    said: /^it runs as root$/,
  },
  {
    id: 'D3',
    what: 'a file that does not belong there',
    spoil: withStrayFile,
    said: /^\.env is in the image$/,
  },
  {
    id: 'D3',
    what: 'a program that can change itself',
    spoil: withWritableFile,
    said: /^\S+\/src\/app\.ts can be changed by who runs the service$/,
  },
  {
    id: 'D3',
    what: 'data that cannot be written',
    spoilLater: ({ data }) => chmodSync(data, 0o555),
    said: /^\S+ cannot be written to$/,
  },
  {
    id: 'D4',
    what: 'a health check that asks another port',
    facts: { healthcheck: 'CMD ["node", "-e", "fetch(`http://127.0.0.1:1/health`).catch(() => process.exit(1))"]' },
    said: /health check ended with 1/,
  },
  {
    id: 'D5',
    what: 'an image that cannot migrate',
    spoil: withoutMigrate,
    said: /migrate status ended with 1: .*migrate\.ts/s,
  },
  {
    id: 'D6',
    what: 'a stop that is told as a failure',
    facts: startedAfter("process.on('exit', () => { process.exitCode = 3 })"),
    said: /ended with 3 after SIGTERM/,
  },
  {
    id: 'D6',
    what: 'a stop that takes too long',
    facts: startedAfter(STOPS_LATE),
    said: /^it took 1\d{4} ms to stop$/,
  },
  {
    id: 'D6',
    what: 'a secret in the log',
    facts: startedAfter('console.error(process.env.SECRET_KEY)'),
    said: /^a secret is in the log$/,
  },
]
