import Fastify from 'fastify'

// The ceiling: routes that answer the bytes the service answers, and do nothing else.

const { answers, port } = JSON.parse(process.env.BENCH_BARE as string) as {
  answers: Record<string, string>
  port: number
}
const app = Fastify()
const type = 'application/json; charset=utf-8'
app.get('/:what', async (request, reply) => reply.type(type).send(answers[(request.params as { what: string }).what]))
app.get('/search/:kind', async (request, reply) =>
  reply.type(type).send(answers[`search/${(request.params as { kind: string }).kind}`]),
)
app.get('/product/:id', async (_request, reply) => reply.type(type).send(answers.product))
app.post('/movement', async (_request, reply) => reply.code(201).type(type).send(answers.movement))
await app.listen({ port, host: '127.0.0.1' })
