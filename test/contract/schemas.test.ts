import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import Fastify from 'fastify'
import { type Test, test } from 'tap'
import { Effects } from '../../src/http/effects.ts'
import { Cursors } from '../../src/http/paging.ts'
import { components } from '../../src/http/schema.ts'
import { createValidatorCompiler } from '../../src/http/validation.ts'
import { registerModules } from '../../src/modules.ts'
import { buildTestApp } from '../support/app.ts'

// biome-ignore lint/suspicious/noExplicitAny: schemas are data of many shapes.
type Schema = any

const PARTS = ['body', 'querystring', 'params', 'headers'] as const

interface Route {
  name: string
  schema: Record<string, Schema>
}

/** The schemas of every route as the modules declare them. */
async function routesOf(t: Test): Promise<Route[]> {
  const { store, config } = await buildTestApp(t, 'sqlite')
  const routes: Route[] = []
  const app = Fastify()
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (method !== 'HEAD') routes.push({ name: `${method} ${url}`, schema: (schema ?? {}) as Record<string, Schema> })
  })
  const services = { store, cursors: new Cursors('x'), effects: new Effects(store, 'x') }
  await registerModules(app as never, { services, config, limit: async () => {} })
  return routes
}

const strict = () => {
  const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: false, discriminator: true })
  addFormats.default(ajv)
  ajv.addVocabulary(['x-clean'])
  return ajv
}

test('every component is a valid schema', (t) => {
  const ajv = strict()
  for (const [name, schema] of Object.entries(components)) {
    t.ok(ajv.validateSchema(schema), `${name} ${ajv.errorsText()}`)
  }
  t.end()
})

test('every validator compiles', async (t) => {
  const meta = strict()
  const compile = createValidatorCompiler()
  const routes = await routesOf(t)
  t.ok(routes.length > 5)
  for (const { name, schema } of routes) {
    for (const part of PARTS) {
      if (!schema[part]) continue
      t.ok(meta.validateSchema(schema[part]), `${name} ${part} ${meta.errorsText()}`)
      const validate = compile({ schema: schema[part], httpPart: part } as never) as (data: unknown) => unknown
      t.doesNotThrow(() => validate({}), `${name} ${part}`)
    }
  }
})

test('every serialiser compiles, and every media type has one', async (t) => {
  const compile = SerializerSelector()(components, {}) as (route: object) => unknown
  for (const { name, schema } of await routesOf(t)) {
    for (const [status, response] of Object.entries<Schema>(schema.response)) {
      const bodies = response.content
        ? Object.values<Schema>(response.content).map((media) => media.schema)
        : [response]
      t.ok(bodies.every(Boolean), `${name} ${status}`)
      for (const body of bodies) t.doesNotThrow(() => compile({ schema: body }), `${name} ${status}`)
    }
  }
})
