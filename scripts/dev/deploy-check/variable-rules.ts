/** Rules on what the service's environment would be. */
import type { Deployment } from './deployments/deployment.ts'
import { isAboutDisk, SCHEMA } from './environment.ts'
import type { Context, Rule } from './rules.ts'

/** Settings that have a rule of their own. */
const PROXY = ['TRUST_PROXY', 'CLIENT_IP_HEADER']

const namesOf = ({ variables }: Deployment) => variables.map(({ name }) => name)

function isKnown(name: string, knows: string[]): boolean {
  return knows.some((known) => (known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known))
}

/** The URL of a database file, or one without a password. */
const isHarmless = (name: string, value: string) => name === 'DATABASE_URL' && !/:\/\/[^/]*:[^/]*@/.test(value)

function missing({ engine, variables, profile }: Deployment, { image, outcome }: Context): string[] {
  const problems = outcome.problems
    .filter(({ variable }) => !outcome.given.has(variable))
    .map(({ variable, text }) => `${variable} ${text}`)
  const hasDatabase = variables.some(({ name }) => name === 'DATABASE_URL') || 'DATABASE_URL' in profile.injected
  if (engine === 'postgresql' && !hasDatabase) problems.push('DATABASE_URL is not set: SQLite would be used')
  if (image.env.NODE_ENV !== 'production') problems.push('NODE_ENV is not production in the image')
  return problems
}

/** What the configuration says of a variable that has this origin, and of none that has a rule of its own. */
function said({ variables }: Deployment, { outcome }: Context, origins: string[]): string[] {
  return outcome.problems
    .filter((problem) => !PROXY.includes(problem.variable) && !isAboutDisk(problem))
    .filter(({ variable }) => variables.some(({ name, origin }) => name === variable && origins.includes(origin)))
    .map(({ variable, text }) => `${variable} ${text}`)
}

export const variableRules: Rule[] = [
  {
    id: 'B1',
    title: 'every required variable is supplied, and by nothing that may be left empty',
    check: missing,
  },
  {
    id: 'B2',
    title: 'every variable is one that the service or the platform knows',
    check: (deployment) => [
      ...namesOf(deployment)
        .filter((name) => !(name in SCHEMA) && !isKnown(name, deployment.profile.knows))
        .map((name) => `${name} is known neither to the service nor to the platform`),
      ...deployment.profile.knows
        .filter((name) => name in SCHEMA && !['PORT', 'NODE_ENV'].includes(name))
        .map((name) => `${name} is in the configuration by now: remove it from the profile`),
    ],
  },
  {
    id: 'B3',
    title: "every value passes the service's own check",
    check: (deployment, context) =>
      said(deployment, context, ['literal', 'database', 'authority']).filter((text) => !isKey(text.split(' ')[0])),
  },
  {
    id: 'B4',
    title: 'no secret stands in the manifest',
    check: ({ variables }) =>
      variables
        .filter(({ name, origin, value = '' }) => isSecret(name) && origin === 'literal' && !isHarmless(name, value))
        .map(({ name }) => `${name} stands in the manifest; let the platform make it, or ask for it`),
  },
  {
    id: 'B5',
    title: 'secrets as the platform makes them are good enough',
    check: (deployment, context) => said(deployment, context, ['secret']),
  },
  {
    id: 'B16',
    title: "the client's address is read from what this platform's edge sets",
    check: (deployment, { outcome }) => [
      ...outcome.problems
        .filter(({ variable }) => PROXY.includes(variable))
        .map(({ variable, text }) => `${variable} ${text}`),
      ...proxyProblems(deployment),
    ],
  },
]

const isSecret = (name = '') => SCHEMA[name]?.secret === true && name !== 'DATABASE_CA_CERT'

/** A secret by which alone the service is safe; of an address of the database also its form can be wrong. */
const isKey = (name = '') => isSecret(name) && name !== 'DATABASE_URL'

function proxyProblems({ profile: { clientHeaders, name: platform }, variables }: Deployment): string[] {
  if (clientHeaders === undefined) return []
  const value = (name: string) => variables.find((variable) => variable.name === name)?.value
  const header = value('CLIENT_IP_HEADER')
  if (value('TRUST_PROXY') === undefined) return ['TRUST_PROXY is not set: every client would be the proxy']
  if (header === undefined && clientHeaders.length > 0)
    return [`CLIENT_IP_HEADER should be ${clientHeaders.join(' or ')}`]
  if (header === undefined || clientHeaders.includes(header)) return []
  return [`CLIENT_IP_HEADER is ${header}, which the edge of ${platform} does not set: clients could forge it`]
}
