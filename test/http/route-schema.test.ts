import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { test } from 'tap'
import { act, change, create, list, read, remove } from '../../src/http/route-schema.ts'
import { Closed, Id, Ref } from '../../src/http/schema.ts'

const words = {
  id: 'doIt',
  tag: 'Things',
  permission: 'catalogue:read',
  summary: 'Do it',
  description: 'It is done.',
  says: 'Done',
} as const
const Thing: TSchema = Type.Object({ id: Id() }, { $id: 'Thing' })
const params = Closed({ thing_id: Id() })
const body = Ref(Thing)

/** Statuses that every operation can answer. */
const COMMON = ['400', '401', '403', '429', '503', 'default']

const answered = ({ response }: { response: object }) =>
  Object.keys(response).filter((status) => !COMMON.includes(status))

test('a kind says what follows from it', async (t) => {
  const thing = { ...words, answer: Thing }
  t.same(answered(list({ ...thing, query: Closed({}) })), ['200'])
  t.same(answered(list({ ...thing, query: Closed({}), params })), ['200', '404'])
  t.same(answered(create({ ...thing, body })), ['201', '409', '413', '415', '422'])
  t.same(answered(create({ ...thing, body, params })), ['201', '404', '409', '413', '415', '422'])
  t.same(answered(read({ ...thing })), ['200', '304'])
  t.same(answered(read({ ...thing, params })), ['200', '304', '404'])
  t.same(answered(change({ ...thing, body })), ['200', '412', '413', '415', '422'])
  t.same(answered(change({ ...thing, body, params })), ['200', '404', '412', '413', '415', '422'])
  t.same(answered(act({ ...thing, params })), ['200', '404', '409', '422'])
  t.same(answered(act({ ...thing, params, body })), ['200', '404', '409', '413', '415', '422'])
  t.same(answered(remove({ ...words, params })), ['204', '404', '412'])
})

test('further problems are listed', async (t) => {
  t.same(answered(read({ ...words, answer: Thing, problems: [409] })), ['200', '304', '409'])
  t.same(answered(remove({ ...words, params, problems: [409] })), ['204', '404', '409', '412'])
})

test('nothing but a schema is left for Fastify', async (t) => {
  const { response: _, ...schema } = list({ ...words, answer: Thing, query: Closed({}), params })
  t.same(schema, {
    operationId: 'doIt',
    tags: ['Things'],
    summary: 'Do it',
    description: 'It is done.',
    'x-permission': 'catalogue:read',
    params,
    querystring: Closed({}),
  })
})

test('types know the parts of the request, and refuse what is no word of the kind', async (t) => {
  const schema = change({ ...words, answer: Thing, params, body: Closed({ name: Type.String() }) })
  const [name]: (keyof Static<typeof schema.body>)[] = ['name']
  const [id]: (keyof Static<typeof schema.params>)[] = ['thing_id']
  t.ok(name && name in schema.body.properties)
  t.ok(id && id in schema.params.properties)
  // @ts-expect-error: `problem` is misspelt
  list({ ...words, answer: Thing, query: Closed({}), problem: [409] })
  // @ts-expect-error: there is no such permission
  read({ ...words, permission: 'catalogue:reed', answer: Thing })
  // @ts-expect-error: a change has a body
  change({ ...words, answer: Thing, params })
  // @ts-expect-error: a list has none
  list({ ...words, answer: Thing, query: Closed({}), body })
})
