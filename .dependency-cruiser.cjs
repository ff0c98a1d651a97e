// The import rules of the architecture. Data goes one way: routes → service → repository; the shared floors know no
// module. Each rule is attacked by test/checks/import-rules.test.ts.

/**
 * Which modules a module may enter, and only through their `service.ts` or `schemas.ts`.
 * Stock flows one way: orders, purchases, transfers, stocktakes → stock → locations, products → categories.
 * A module that is not listed enters none.
 */
const MAY_ENTER = {
  auth: ['users'],
  products: ['categories'],
  stock: ['locations', 'products', 'categories'],
  suppliers: ['products'],
  orders: ['stock', 'locations', 'products', 'categories'],
  purchases: ['suppliers', 'stock', 'locations', 'products', 'categories'],
  transfers: ['stock', 'locations', 'products', 'categories'],
  stocktakes: ['stock', 'locations', 'products', 'categories'],
  // Reads everything and writes nothing.
  reports: [
    'orders',
    'purchases',
    'suppliers',
    'transfers',
    'stocktakes',
    'stock',
    'locations',
    'products',
    'categories',
    'users',
  ],
}

const anyOf = (names) => `(?:${names.join('|')})`

/** A file's layer is the last word of its name: `service.ts`, or `session-service.ts` where a module has several. */
const layer = (...names) => `[/-]${anyOf(names)}\\.ts$`
const LAYERS = ['routes', 'view', 'service', 'repository', 'rules', 'schemas']
const MODULE = '^src/modules/([^/]+)/'
const OWN_MODULE = '^src/modules/$1/'
const OTHER_MODULE = { path: '^src/modules/', pathNot: OWN_MODULE }

/** Two files that are leaves for everyone: the problem catalogue and pure helpers (quantities, money, time). */
const VALUES = '^src/(?:errors\\.ts$|values/)'

/** Who asks and what they may do, and the one door for writes. */
const ACTORS_AND_EFFECTS = '^src/http/(?:actor|auth|permissions|effects?)\\.ts$'

const betweenModules = [
  {
    name: 'modules-are-entered-by-service-or-schemas',
    comment: "A module's routes, repository and rules are its own; ask its service.",
    from: { path: MODULE },
    to: { ...OTHER_MODULE, pathNot: [OWN_MODULE, '^src/modules/[^/]+/(?:service|schemas)\\.ts$'] },
  },
  ...Object.entries(MAY_ENTER).map(([name, targets]) => ({
    name: `module-direction-${name}`,
    comment: `${name} may enter ${targets.join(', ')} only.`,
    from: { path: `^src/modules/${name}/` },
    to: { path: '^src/modules/', pathNot: `^src/modules/${anyOf([name, ...targets])}/` },
  })),
  {
    name: 'module-direction-others',
    comment: 'This module may enter no other; allow it in MAY_ENTER if the design does.',
    from: { path: MODULE, pathNot: `^src/modules/${anyOf(Object.keys(MAY_ENTER))}/` },
    to: OTHER_MODULE,
  },
]

const withinModules = [
  {
    name: 'module-files-name-their-layer',
    comment: `A file in a module is named after its layer: ${LAYERS.join(', ')}.`,
    from: {},
    to: { path: '^src/modules/', pathNot: layer(...LAYERS) },
  },
  {
    name: 'service-does-not-know-routes',
    comment: 'Data goes one way: routes → service → repository.',
    from: { path: `^src/modules/.*${layer('service')}` },
    to: { path: `^src/modules/.*${layer('routes')}` },
  },
  {
    name: 'repository-knows-neither-routes-nor-service',
    comment: 'Data goes one way: routes → service → repository.',
    from: { path: `^src/modules/.*${layer('repository')}` },
    to: { path: `^src/modules/.*${layer('routes', 'service', 'view')}` },
  },
  {
    name: 'view-does-not-know-routes',
    comment: 'A view turns rows and outcomes into what is answered; routes answer it.',
    from: { path: `^src/modules/.*${layer('view')}` },
    to: { path: `^src/modules/.*${layer('routes')}` },
  },
  {
    name: 'http-ends-at-routes-and-views',
    comment:
      'Routes read requests and views make answers; services and repositories know who asks, and nothing of how.',
    from: { path: `^src/modules/.*${layer('service', 'repository')}` },
    to: { path: '^src/http/', pathNot: ACTORS_AND_EFFECTS },
  },
  {
    name: 'views-know-tags-and-permissions-of-http',
    comment: 'A view makes the body of an answer and its tag; the route sends them.',
    from: { path: `^src/modules/.*${layer('view')}` },
    to: { path: '^src/http/', pathNot: '^src/http/(?:etag|permissions)\\.ts$' },
  },
  {
    name: 'rules-are-leaves',
    comment: 'Rules are pure: schemas, other rules, src/errors.ts, src/values/ and node:assert are all they know.',
    from: { path: `^src/modules/.*${layer('rules')}` },
    to: { pathNot: [`^src/modules/.*${layer('rules', 'schemas')}`, VALUES, '^(?:node:)?assert(?:/strict)?$'] },
  },
  {
    name: 'schemas-are-leaves',
    comment: 'Schemas know other schemas, the helpers in src/http and the values; not what uses them.',
    from: { path: `^src/modules/.*${layer('schemas')}` },
    to: { path: ['^src/db/', `^src/modules/.*${layer('routes', 'view', 'service', 'repository', 'rules')}`] },
  },
  {
    name: 'schemas-know-schemas-of-http',
    comment:
      'Schemas are made with the helpers of src/http/schema.ts, the queries of lists and the names of permissions.',
    from: { path: `^src/modules/.*${layer('schemas')}` },
    to: { path: '^src/http/', pathNot: '^src/http/(?:schema|paging|permissions)\\.ts$' },
  },
]

const floors = [
  {
    name: 'http-knows-no-module',
    comment: 'src/http serves every module and depends on none.',
    from: { path: '^src/http/' },
    to: { path: '^src/modules/' },
  },
  {
    name: 'modules-open-no-database',
    comment: 'A module is given what it reads with and, to write, `Effects`: it opens no door of its own.',
    from: { path: '^src/modules/' },
    to: { path: '^src/db/(?:open\\.ts$|migrator\\.ts$|sqlite/|postgres/)' },
  },
  {
    name: 'db-knows-no-module-and-no-http',
    comment: 'src/db is the lowest floor.',
    from: { path: '^src/db/' },
    to: { path: '^src/(?:modules|http)/' },
  },
  {
    name: 'jobs-know-no-module',
    comment: 'src/jobs runs what it is given, and writes as everybody does; src/jobs.ts lists it.',
    from: { path: '^src/jobs/' },
    to: { path: ['^src/(?:modules|http|process)/', '^src/jobs\\.ts$'], pathNot: '^src/http/effects?\\.ts$' },
  },
  {
    name: 'values-are-leaves',
    comment: 'src/errors.ts and src/values/ are imported by everyone, so they import nobody but each other.',
    from: { path: VALUES },
    to: { path: '^src/', pathNot: VALUES },
  },
  {
    name: 'migrations-are-frozen',
    comment: 'A released migration must do tomorrow what it does today: it imports nothing that may change.',
    from: { path: '^migrations/' },
    to: { path: '^(?:src|scripts|test)/' },
  },
  {
    name: 'source-knows-no-scripts-and-no-tests',
    comment: 'What runs in production does not depend on tools.',
    from: { path: '^src/' },
    to: { path: '^(?:scripts|test)/' },
  },
  {
    name: 'only-app-wires-modules',
    comment:
      'Modules are registered by hand in src/modules.ts, their jobs in src/jobs.ts, and started by src/server.ts.',
    from: { path: '^src/', pathNot: '^src/(?:modules/|(?:modules|jobs|server)\\.ts$)' },
    to: { path: '^src/modules/' },
  },
  {
    name: 'app-knows-no-internals',
    comment: 'The wiring registers routes and hands over services; repositories and rules are internal.',
    from: { path: '^src/(?:modules|jobs|server)\\.ts$' },
    to: { path: `^src/modules/.*${layer('repository', 'rules', 'view')}` },
  },
  {
    name: 'only-server-starts-the-app',
    comment: 'Nothing but the process depends on the wiring.',
    from: { path: '^src/', pathNot: '^src/server\\.ts$' },
    to: { path: '^src/(?:app|server)\\.ts$' },
  },
]

const packages = [
  {
    name: 'no-circular-imports',
    comment: 'A cycle has no order to read, test or load it in.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-missing-imports',
    comment: 'The import leads nowhere.',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-undeclared-packages',
    comment: 'A package that package.json does not name may be gone tomorrow.',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-development-packages-in-production',
    comment: 'devDependencies are not installed where the service runs. Types are erased before.',
    from: { path: '^(?:src|migrations)/' },
    to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
  },
]

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...betweenModules, ...withinModules, ...floors, ...packages].map((rule) => ({
    ...rule,
    severity: 'error',
  })),
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count: they tie files together just as much.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
