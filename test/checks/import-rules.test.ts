import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { type Test, test } from 'tap'

const ROOT = join(import.meta.dirname, '../..')

/** Imports that the design allows, file by file. */
const ALLOWED: [from: string, to: string[]][] = [
  ['src/server.ts', ['src/config.ts', 'src/app.ts', 'src/modules.ts', 'src/db/database.ts']],
  ['src/app.ts', ['src/http/problems.ts', 'src/modules.ts', 'fastify']],
  ['src/modules.ts', ['src/modules/stock/routes.ts', 'src/modules/auth/service.ts']],
  ['src/config.ts', ['src/errors.ts', 'node:fs']],
  ['src/errors.ts', []],
  ['src/values/quantity.ts', ['src/errors.ts', 'src/values/decimal.ts']],
  ['src/values/decimal.ts', []],
  ['src/g.ts', ['src/f.ts']],
  ['src/db/database.ts', ['src/values/quantity.ts', 'migrations/0001-start.ts', 'pg']],
  ['src/http/problems.ts', ['src/errors.ts', 'src/db/database.ts']],
  ['src/modules/auth/service.ts', ['src/modules/users/service.ts']],
  ['src/modules/users/service.ts', ['src/modules/users/repository.ts']],
  ['src/modules/users/repository.ts', ['src/db/database.ts']],
  [
    'src/modules/categories/schemas.ts',
    ['src/http/schema.ts', 'src/http/paging.ts', 'src/http/permissions.ts', 'src/values/quantity.ts'],
  ],
  ['src/modules/categories/view.ts', ['src/http/etag.ts', 'src/http/permissions.ts', 'src/values/quantity.ts']],
  [
    'src/modules/categories/service.ts',
    ['src/http/effect.ts', 'src/http/effects.ts', 'src/http/actor.ts', 'src/modules/categories/view.ts'],
  ],
  [
    'src/modules/categories/repository.ts',
    ['src/http/auth.ts', 'src/db/database.ts', 'src/modules/categories/schemas.ts'],
  ],
  ['src/modules/categories/routes.ts', ['src/http/problems.ts', 'src/modules/categories/repository.ts']],
  ['src/modules/products/service.ts', ['src/modules/categories/schemas.ts']],
  ['src/modules/products/schemas.ts', ['src/modules/categories/schemas.ts']],
  ['src/modules/locations/service.ts', ['src/db/database.ts']],
  ['src/modules/stock/schemas.ts', ['src/values/quantity.ts']],
  [
    'src/modules/stock/movements/settlement-rules.ts',
    ['src/modules/stock/movements/state-rules.ts', 'src/modules/stock/movements/schemas.ts', 'src/errors.ts'],
  ],
  ['src/modules/stock/rules.ts', ['src/values/quantity.ts', 'node:assert']],
  ['src/modules/stock/repository.ts', ['src/modules/stock/rules.ts', 'src/modules/stock/levels/repository.ts', 'pg']],
  ['src/modules/stock/levels/repository.ts', ['src/db/database.ts']],
  [
    'src/modules/stock/levels/view.ts',
    ['src/modules/stock/levels/repository.ts', 'src/modules/stock/levels/schemas.ts'],
  ],
  ['src/modules/stock/service.ts', ['src/modules/stock/levels/service.ts', 'src/modules/products/service.ts']],
  ['src/modules/stock/routes.ts', ['src/modules/stock/service.ts', 'src/modules/stock/repository.ts', 'fastify']],
  ['src/modules/orders/service.ts', ['src/modules/stock/service.ts', 'src/modules/locations/service.ts']],
  ['src/modules/purchases/service.ts', ['src/modules/stock/service.ts', 'src/modules/suppliers/service.ts']],
  ['src/modules/transfers/service.ts', ['src/modules/stock/schemas.ts']],
  ['src/modules/reports/service.ts', ['src/modules/purchases/service.ts', 'src/modules/users/service.ts']],
  ['src/http/idempotency.ts', ['src/jobs/job.ts', 'src/db/database.ts']],
  ['src/jobs/runner.ts', ['src/jobs/job.ts', 'src/values/quantity.ts', 'src/db/database.ts']],
  ['migrations/0001-start.ts', ['migrations/columns.ts', 'kysely']],
  ['migrations/columns.ts', []],
  ['scripts/seed.ts', ['src/app.ts', 'src/modules/stock/service.ts', 'typescript']],
  ['test/stock.test.ts', ['src/modules/stock/rules.ts', 'scripts/seed.ts', 'tap']],
]

/** A wrong import of its own file each, and the rule that must name it. */
const WRONG: [from: string, to: string, rule: string][] = [
  ['src/modules/stock/a-service.ts', 'src/modules/products/repository.ts', 'modules-are-entered-by-service-or-schemas'],
  ['src/modules/stock/b-service.ts', 'src/modules/products/rules.ts', 'modules-are-entered-by-service-or-schemas'],
  ['src/modules/stock/c-routes.ts', 'src/modules/products/routes.ts', 'modules-are-entered-by-service-or-schemas'],
  [
    'src/modules/orders/a-service.ts',
    'src/modules/stock/levels/service.ts',
    'modules-are-entered-by-service-or-schemas',
  ],
  ['src/modules/stock/d-service.ts', 'src/modules/orders/service.ts', 'module-direction-stock'],
  ['src/modules/products/a-service.ts', 'src/modules/stock/service.ts', 'module-direction-products'],
  ['src/modules/products/b-service.ts', 'src/modules/locations/service.ts', 'module-direction-products'],
  ['src/modules/orders/b-service.ts', 'src/modules/stocktakes/service.ts', 'module-direction-orders'],
  ['src/modules/purchases/a-service.ts', 'src/modules/orders/service.ts', 'module-direction-purchases'],
  ['src/modules/stocktakes/a-service.ts', 'src/modules/purchases/service.ts', 'module-direction-stocktakes'],
  ['src/modules/stock/e-service.ts', 'src/modules/users/service.ts', 'module-direction-stock'],
  ['src/modules/auth/a-service.ts', 'src/modules/stock/service.ts', 'module-direction-auth'],
  ['src/modules/suppliers/a-service.ts', 'src/modules/purchases/service.ts', 'module-direction-suppliers'],
  ['src/modules/transfers/a-service.ts', 'src/modules/orders/service.ts', 'module-direction-transfers'],
  ['src/modules/reports/a-service.ts', 'src/modules/auth/service.ts', 'module-direction-reports'],
  ['src/modules/orders/c-service.ts', 'src/modules/reports/service.ts', 'module-direction-orders'],
  ['src/modules/categories/a-service.ts', 'src/modules/products/schemas.ts', 'module-direction-others'],
  ['src/modules/locations/a-service.ts', 'src/modules/stock/service.ts', 'module-direction-others'],
  ['src/modules/users/a-service.ts', 'src/modules/auth/service.ts', 'module-direction-others'],
  ['src/modules/brand-new/a-service.ts', 'src/modules/stock/service.ts', 'module-direction-others'],
  ['src/modules/stock/f-service.ts', 'src/modules/stock/helpers.ts', 'module-files-name-their-layer'],
  ['src/modules/stock/g-service.ts', 'src/modules/stock/routes.ts', 'service-does-not-know-routes'],
  ['src/modules/stock/h-repository.ts', 'src/modules/stock/service.ts', 'repository-knows-neither-routes-nor-service'],
  ['src/modules/stock/i-repository.ts', 'src/modules/stock/routes.ts', 'repository-knows-neither-routes-nor-service'],
  ['src/modules/stock/j-rules.ts', 'src/modules/stock/repository.ts', 'rules-are-leaves'],
  ['src/modules/stock/k-rules.ts', 'src/db/database.ts', 'rules-are-leaves'],
  ['src/modules/stock/l-rules.ts', 'kysely', 'rules-are-leaves'],
  ['src/modules/stock/m-rules.ts', 'node:fs', 'rules-are-leaves'],
  ['src/modules/stock/n-schemas.ts', 'src/modules/stock/rules.ts', 'schemas-are-leaves'],
  ['src/modules/stock/q-schemas.ts', 'src/modules/stock/levels/view.ts', 'schemas-are-leaves'],
  ['src/modules/stock/r-view.ts', 'src/modules/stock/routes.ts', 'view-does-not-know-routes'],
  [
    'src/modules/stock/s-repository.ts',
    'src/modules/stock/levels/view.ts',
    'repository-knows-neither-routes-nor-service',
  ],
  ['src/modules/stock/o-schemas.ts', 'src/db/database.ts', 'schemas-are-leaves'],
  ['src/modules/stock/t-service.ts', 'src/http/paging.ts', 'http-ends-at-routes-and-views'],
  ['src/modules/stock/u-repository.ts', 'src/http/paging.ts', 'http-ends-at-routes-and-views'],
  ['src/modules/stock/v-service.ts', 'src/http/etag.ts', 'http-ends-at-routes-and-views'],
  ['src/modules/stock/z-service.ts', 'src/http/services.ts', 'http-ends-at-routes-and-views'],
  ['src/modules/stock/w-view.ts', 'src/http/paging.ts', 'views-know-tags-and-permissions-of-http'],
  ['src/modules/stock/x-schemas.ts', 'src/http/operation.ts', 'schemas-know-schemas-of-http'],
  ['src/modules/stock/y-rules.ts', 'src/http/permissions.ts', 'rules-are-leaves'],
  ['src/http/a.ts', 'src/modules/users/service.ts', 'http-knows-no-module'],
  ['src/db/a.ts', 'src/modules/stock/repository.ts', 'db-knows-no-module-and-no-http'],
  ['src/db/b.ts', 'src/http/problems.ts', 'db-knows-no-module-and-no-http'],
  ['src/modules/stock/open-service.ts', 'src/db/open.ts', 'modules-open-no-database'],
  ['src/modules/stock/open-repository.ts', 'src/db/sqlite/store.ts', 'modules-open-no-database'],
  ['src/jobs/a.ts', 'src/modules/auth/service.ts', 'jobs-know-no-module'],
  ['src/jobs/b.ts', 'src/http/problems.ts', 'jobs-know-no-module'],
  ['src/jobs/c.ts', 'src/jobs.ts', 'jobs-know-no-module'],
  ['src/values/a.ts', 'src/config.ts', 'values-are-leaves'],
  ['migrations/0002-a.ts', 'src/values/quantity.ts', 'migrations-are-frozen'],
  ['migrations/0003-b.ts', 'test/stock.test.ts', 'migrations-are-frozen'],
  ['src/a.ts', 'scripts/seed.ts', 'source-knows-no-scripts-and-no-tests'],
  ['src/b.ts', 'test/stock.test.ts', 'source-knows-no-scripts-and-no-tests'],
  ['src/c.ts', 'src/modules/stock/routes.ts', 'only-app-wires-modules'],
  ['src/server.ts', 'src/modules/stock/repository.ts', 'app-knows-no-internals'],
  ['src/modules.ts', 'src/modules/stock/rules.ts', 'app-knows-no-internals'],
  ['src/jobs.ts', 'src/modules/auth/repository.ts', 'app-knows-no-internals'],
  ['src/app.ts', 'src/modules/stock/routes.ts', 'only-app-wires-modules'],
  ['src/modules/stock/p-service.ts', 'src/app.ts', 'only-server-starts-the-app'],
  ['src/d.ts', 'tap', 'no-development-packages-in-production'],
  ['migrations/0004-c.ts', 'tap', 'no-development-packages-in-production'],
  ['scripts/a.ts', 'react', 'no-undeclared-packages'],
  ['src/e.ts', 'src/nowhere.ts', 'no-missing-imports'],
  ['src/f.ts', 'src/g.ts', 'no-circular-imports'],
]

const PACKAGE = {
  type: 'module',
  dependencies: { fastify: '*', kysely: '*', pg: '*' },
  devDependencies: { tap: '*', typescript: '*', '@types/pg': '*' },
}

interface Violation {
  from: string
  to: string
  rule: string
}

/** Runs the project's own rules over a project made of these imports. */
function violationsOf(t: Test, imports: [string, string[]][]): Violation[] {
  const files: Record<string, string> = { 'package.json': JSON.stringify(PACKAGE), 'tsconfig.json': '{}' }
  for (const [from, targets] of imports) {
    const lines = targets.map(
      (to) => `import type {} from '${/^(src|migrations|scripts|test)\//.test(to) ? path(from, to) : to}'`,
    )
    files[from] = [...lines, 'export {}'].join('\n')
    for (const to of targets) if (to.endsWith('.ts') && !to.includes('nowhere')) files[to] ??= 'export {}'
  }
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/.bin/depcruise'),
      ...['--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json'],
      ...['src', 'migrations', 'scripts', 'test'],
    ],
    { cwd: t.testdir(tree(files)), encoding: 'utf8' },
  )
  t.equal(stderr, '')
  const { summary } = JSON.parse(stdout)
  return summary.violations.map((violation: { from: string; to: string; rule: { name: string } }) => ({
    ...violation,
    rule: violation.rule.name,
  }))
}

function path(from: string, to: string): string {
  const path = relative(dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

/** `{ 'a/b.ts': '' }` as the nested folders that testdir() takes. */
function tree(files: Record<string, string>) {
  interface Folder {
    [name: string]: Folder | string
  }
  const root: Folder = {}
  for (const [file, content] of Object.entries(files)) {
    const parts = file.split('/')
    const name = parts.pop() ?? ''
    let folder = root
    for (const part of parts) {
      folder[part] ??= {}
      folder = folder[part] as Folder
    }
    folder[name] = content
  }
  return root
}

test('imports that the design allows pass', async (t) => {
  t.same(violationsOf(t, ALLOWED), [])
})

test('each wrong import is named by its rule', async (t) => {
  const wrong: [string, string[]][] = WRONG.map(([from, to]) => [from, [to]])
  const violations = violationsOf(t, [...ALLOWED, ...wrong])
  for (const [from, to, rule] of WRONG) {
    const found = violations.filter((violation) => violation.from === from).map((violation) => violation.rule)
    t.ok(found.includes(rule), `${from} → ${to}`, { expected: rule, found })
  }
  const innocent = violations.filter(
    ({ from, rule }) => !WRONG.some(([file]) => file === from) && rule !== 'no-circular-imports',
  )
  t.same(innocent, [], 'no other file is blamed')
})

test('every rule is attacked', async (t) => {
  const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs')
  const rules: string[] = config.forbidden.map((rule: { name: string }) => rule.name)
  const attacked = new Set(WRONG.map(([, , rule]) => rule))
  t.same(
    rules.filter((rule) => !attacked.has(rule)),
    [],
  )
})
