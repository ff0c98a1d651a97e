import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Test, test } from 'tap'
import { parse } from 'yaml'
import { Environment } from '../../src/config/schema.ts'
import { loadConfig } from '../../src/config.ts'
import { slugs } from '../../src/errors.ts'
import { SECRETS } from '../support/app.ts'
import { engines } from '../support/databases.ts'
import { startServer, temporaryFolder } from '../support/process.ts'
import { databaseFor } from '../support/stores.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const GUIDES = ['docs/deploy.md', 'docs/despliegue.md'] as const
const [english, spanish] = GUIDES.map(read) as [string, string]
const bothGuides = english + spanish
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts

interface Block {
  language: string
  text: string
}

/** The code blocks of a text, those inside of lists, too. */
function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map(([, indent = '', language = '', code = '']) => ({
    language,
    text: code.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trimEnd(),
  }))
}

const withoutBlocks = (text: string) => text.replaceAll(/^( *)```\w+\n[\s\S]*?^\1```$/gm, '')
const spansOf = (text: string) =>
  [...withoutBlocks(text).matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '))
const headingsOf = (text: string) => [...withoutBlocks(text).matchAll(/^(#+) (.+)$/gm)]

/** What stands between a heading and the one given, or the next chapter. */
function chapter(text: string, heading: string, until = '\n## '): string {
  const start = text.indexOf(`\n${heading}\n`) + 1
  if (start === 0) throw new Error(`there is no ${heading}`)
  const end = text.indexOf(until, start + heading.length)
  return text.slice(start, end === -1 ? undefined : end)
}

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** Commands as the shell sees them, with continued lines joined. */
const commands = blocksOf(english)
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, '').split('\n'))

test('both guides have the same chapters in the same order, with the same code', async (t) => {
  const shape = (text: string) => headingsOf(text).map(([, level]) => level)
  t.same(shape(spanish), shape(english))
  const paired = headingsOf(english).map(([, , heading], index) => [heading, headingsOf(spanish)[index]?.[2]])
  for (const name of ['Railway', 'Render', 'Heroku', 'DigitalOcean App Platform']) {
    t.ok(
      paired.some(([a, b]) => a === name && b === name),
      name,
    )
  }
  t.same(blocksOf(spanish), blocksOf(english))
  const parts = ([english, spanish] as const).map((text) => text.split(/^##+ /m))
  for (const [index, part] of (parts[0] ?? []).entries()) {
    const other = parts[1]?.[index] ?? ''
    t.same(spansOf(other).sort(), spansOf(part).sort(), part.slice(0, part.indexOf('\n')))
    const rows = (text: string) => text.match(/^\|/gm)?.length
    t.equal(rows(other), rows(part))
  }
})

test('every link leads somewhere', async (t) => {
  t.match(read('README.md'), /\(docs\/deploy\.md\)/)
  t.match(read('README.md'), /\(docs\/despliegue\.md\)/)
  t.match(english, /\]\(despliegue\.md\)/)
  t.match(spanish, /\]\(deploy\.md\)/)
  for (const file of [...GUIDES, 'README.md']) {
    for (const [, link = ''] of withoutBlocks(read(file)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? file : join(dirname(file), path)
      t.ok(existsSync(join(ROOT, target)), `${file}: ${link}`)
      if (anchor === undefined) continue
      const anchors = headingsOf(read(target)).map(([, , heading = '']) => anchorOf(heading))
      t.ok(anchors.includes(decodeURI(anchor)), `${file}: ${link}`)
    }
  }
})

test('every npm script, option and file is there', async (t) => {
  const runs = [...commands, ...spansOf(bothGuides)].flatMap((text) => [
    ...text.matchAll(/npm run (?:--silent )?([\w:]+)(.*)/g),
  ])
  t.ok(runs.length > 20)
  for (const [said, name = '', rest = ''] of runs) {
    const file = /^node (scripts\/[\w-]+\.ts)$/.exec(scripts[name] ?? '')?.[1]
    t.ok(file, said)
    checkWords(t, file ?? '', rest, said)
  }
  for (const [said, file = '', rest = ''] of commands.join('\n').matchAll(/node (?:\/app\/)?(scripts\/\S+)(.*)/g)) {
    t.ok(existsSync(join(ROOT, file)), said)
    t.notOk(read('.dockerignore').split('\n').includes(file), `${file} is in the image`)
    checkWords(t, file, rest, said)
  }
  for (const span of spansOf(bothGuides)) {
    if (!/^[\w./-]+\.(ts|ya?ml|json|conf)$/.test(span) || MADE_BY_THE_READER.has(span)) continue
    t.ok(existsSync(join(ROOT, span)), span)
  }
})

const MADE_BY_THE_READER = new Set(['docker-compose.local.yml'])

/** Options and commands of a script, as its own text has them. */
function checkWords(t: Test, file: string, rest: string, said: string): void {
  const source = read(file)
  for (const [option] of rest.matchAll(/--[a-z][\w-]*/g)) t.match(source, option, `${said} knows ${option}`)
  if (!file.endsWith('migrate.ts')) return
  const command = /^(?: --)? (\w+)/.exec(rest)?.[1]
  t.match(source, `['${command}', `, said)
}

test('every Compose command names services and profiles of its file', async (t) => {
  const lines = commands.filter((command) => command.includes('docker compose'))
  t.ok(lines.length > 15)
  for (const line of lines) {
    const file = /-f (docker-compose\S+)/.exec(line)?.[1] ?? 'docker-compose.yml'
    const { services } = parse(read(file)) as { services: Record<string, { profiles?: string[] }> }
    const [, action = '', rest = ''] = /(?:^| )(exec|run|stop|logs|cp|up|down|build)\b(.*)/.exec(line) ?? []
    t.ok(action, line)
    const words = rest.split(/[\s:]/)
    if (/^(exec|run|stop|logs|cp)$/.test(action))
      t.ok(
        Object.keys(services).some((name) => words.includes(name)),
        line,
      )
    const profile = /--profile (\w+)/.exec(line)?.[1]
    const profiles = Object.values(services).flatMap((service) => service.profiles ?? [])
    if (profile !== undefined) t.ok(profiles.includes(profile), line)
  }
})

/** Variables of others: of the platforms, of the Flask system, and words of commands. */
const FOREIGN = [
  'RAILWAY_TOKEN',
  'RAILWAY_RUN_UID',
  'DIGITALOCEAN_APP_URL',
  'DATABASE_PUBLIC_URL',
  'SQLALCHEMY_DATABASE_URI',
  'APP_ID',
]

test('every variable is known, and every value that is told is right', async (t) => {
  const known = new Set([
    ...Object.keys(Environment.properties),
    ...FOREIGN,
    ...[...read('docker-compose.postgresql.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name),
    ...[...bothGuides.matchAll(/^ *export (\w+)=/gm)].map(([, name]) => name),
  ])
  for (const [name] of bothGuides.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)) t.ok(known.has(name), name)
  for (const [said, name = '', value] of spansOf(bothGuides)
    .join('\n')
    .matchAll(/^([A-Z_]+)=(\S+)$/gm)) {
    const env = { TRUST_PROXY: 'loopback', DATABASE_URL: 'sqlite:x.db', ...SECRETS, [name]: value }
    t.doesNotThrow(() => loadConfig(env), said)
  }
})

const MANIFESTS = {
  Railway: '.railway/railway.ts',
  Render: 'render.yaml',
  Heroku: 'app.json',
  'DigitalOcean App Platform': '.do/deploy.template.yaml',
}

test('what a platform sets is what its manifest sets', async (t) => {
  for (const [name, file] of Object.entries(MANIFESTS)) {
    for (const text of [english, spanish]) {
      const told = spansOf(chapter(text, `## ${name}`)).filter((span) =>
        /^(TRUST_PROXY|CLIENT_IP_H|DATABASE_S)/.test(span),
      )
      t.ok(told.length > 0, name)
      for (const span of told.filter((one) => one.includes('='))) {
        const [variable = '', value = ''] = span.split('=')
        const pattern = new RegExp(`\\b${variable}\\b[^_]{0,150}?\\b${value}\\b`)
        t.ok(pattern.test(read(file).replaceAll('RUN_TIME', '')), `${name}: ${span}`)
      }
    }
  }
})

/** Messages of Compose, Node and PostgreSQL. */
const OF_OTHERS = /^(unexpected character|is not set; npm run|The server does not|no pg_hba|self-signed)/

test('the messages it explains are those that are said', async (t) => {
  const [en, es] = ['## When something goes wrong', '## Cuando algo falla'].map((heading, index) =>
    chapter([english, spanish][index] as string, heading),
  ) as [string, string]
  const quotes = [...en.matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote)
  t.same(
    [...es.matchAll(/«([^»]+)»/g)].map(([, quote]) => quote),
    quotes,
  )
  const sources = ['src', 'scripts'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read(join(folder, file))),
  )
  for (const quote of quotes.filter((one) => !OF_OTHERS.test(one))) {
    // What differs from case to case is a value in the source.
    const pattern = new RegExp(quote.replaceAll(/\d+|Heroku/g, '\\$\\{.+?\\}'))
    t.ok(
      sources.some((source) => pattern.test(source)),
      quote,
    )
  }
  const codes = slugs.map((slug) => slug.replaceAll('-', '_'))
  for (const span of spansOf(en).filter((one) => /^[a-z]+(_[a-z]+)+$/.test(one))) t.ok(codes.includes(span), span)
})

/** A checkout of its own, as far as commands can tell, with production's secrets in its `.env`. */
function checkout(t: Test, env: Record<string, string> = {}): string {
  const folder = temporaryFolder(t)
  for (const name of ['package.json', 'node_modules', 'src', 'migrations', 'scripts']) {
    symlinkSync(join(ROOT, name), join(folder, name))
  }
  const lines = Object.entries({ NODE_ENV: 'production', ...SECRETS, ...env }).map(
    ([name, value]) => `${name}=${value}`,
  )
  writeFileSync(join(folder, '.env'), `${lines.join('\n')}\n`)
  mkdirSync(join(folder, 'instance'))
  return folder
}

/** Runs lines in a shell that stops at the first failure; all that they said. */
async function run(folder: string, lines: string[]): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH: [dirname(process.execPath), PATH].join(delimiter), HOME, npm_config_update_notifier: 'false' }
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', lines.join('\n')], {
    cwd: folder,
    env,
  })
  return stdout
}

/** The commands of a text, in order; what belongs into `.env` is written there. A second apart, for files named by it. */
function stepsOf(text: string, places: Record<string, string>): string[] {
  return blocksOf(text).flatMap(({ language, text: code }) => {
    let filled = code
    for (const [from, to] of Object.entries(places)) filled = filled.replaceAll(from, to)
    if (/PASSWORD|HOST/.test(filled)) throw new Error(`nothing stands for the words in capitals: ${filled}`)
    return language === 'ini' ? [`cat >> .env <<'END'\n${filled}\nEND`] : ['sleep 1', filled]
  })
}

const PLACE = 'postgresql://stock:PASSWORD@HOST:5432/stock'
const skip = engines.length < 2 && 'no PostgreSQL is at hand'

test('the way from SQLite to PostgreSQL and back, as it is written', { skip }, async (t) => {
  const folder = checkout(t)
  const { url } = await databaseFor(t, 'postgresql', { empty: true })
  await run(folder, ['npm run demo -- --yes'])
  const heading = '## From SQLite to PostgreSQL, and back'
  const said = await run(
    folder,
    stepsOf(chapter(english, heading, '\n### The same with Docker Compose'), { [PLACE]: url }),
  )
  t.match(said, /its ledger proves every balance[\s\S]*it would be made\. Nothing was written[\s\S]*rows copied/)
  t.match(said, /All \d+ migrations are applied/)
  t.equal(said.match(/The two are the same/g)?.length, 2)
  t.same(readdirSync(join(folder, 'instance', 'backups')), ['before-postgresql.db'])
  t.ok(existsSync(join(folder, 'instance', 'back_on_sqlite.db')))
  const server = await startServer(t, { cwd: folder })
  await server.healthy()
  t.equal((await fetch(`${server.url}/ready`)).status, 200, 'the service starts on the new database')
  await server.stop()
})

for (const engine of engines) {
  test(`backups and restore, as they are written (${engine})`, async (t) => {
    const { url } = await databaseFor(t, engine)
    const folder = checkout(t, { DATABASE_URL: url })
    await run(folder, ['npm run demo -- --yes'])
    const text = chapter(english, '## Backups and restore', "\n### PostgreSQL's own tools")
    const said = await run(folder, stepsOf(text, {}))
    t.equal(said.match(/its ledger proves every balance/g)?.length, 4)
    t.match(said, /every balance is proven[\s\S]*Restored/)
    const files = readdirSync(join(folder, 'instance', 'backups'))
    t.equal(files.filter((file) => /^stock-.*Z\.db$/.test(file)).length, 2)
  })
}

const cannotDump = skip || (!(await canDump()) && 'pg_dump is not there, or older than the server')

test("PostgreSQL's own tools, as they are written", { skip: cannotDump }, async (t) => {
  const source = await databaseFor(t, 'postgresql')
  const target = await databaseFor(t, 'postgresql', { empty: true })
  const folder = checkout(t, { DATABASE_URL: source.url })
  await run(folder, ['npm run demo -- --yes'])
  const text = chapter(english, "### PostgreSQL's own tools", '\n### Backups with Docker Compose')
  const said = await run(folder, stepsOf(text, { [`${PLACE}_restored`]: target.url, [PLACE]: source.url }))
  t.match(said, /The two are the same/)
})

async function canDump(): Promise<boolean> {
  const client = new pg.Client(process.env.TEST_DATABASE_URL)
  await client.connect()
  const { rows } = await client.query('show server_version').finally(() => client.end())
  try {
    const { stdout } = await promisify(execFile)('pg_dump', ['--version'])
    const version = (text: string) => Number(/\d+/.exec(text)?.[0])
    return version(stdout) >= version(rows[0].server_version)
  } catch {
    return false
  }
}

test('secrets as the guide has them made are a file of variables and nothing else', async (t) => {
  const folder = checkout(t)
  await run(folder, ['npm run --silent secrets > made'])
  const lines = readFileSync(join(folder, 'made'), 'utf8').trim().split('\n')
  for (const line of lines) t.match(line, /^(#.*|[A-Z_]+=[\w-]+)$/)
})
