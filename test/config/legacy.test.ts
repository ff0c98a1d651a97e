import { test } from 'tap'
import { load, problemsOf } from '../support/config.ts'

test('the Flask system’s names are understood, each with one notice', async (t) => {
  const cases: [env: Record<string, string>, expected: object, notice: RegExp][] = [
    [
      { SQLALCHEMY_DATABASE_URI: 'sqlite:////data/old.db' },
      { database: { engine: 'sqlite', file: '/data/old.db' } },
      /^SQLALCHEMY_DATABASE_URI is understood, but its name is now DATABASE_URL\.$/,
    ],
    [{ FLASK_ENV: 'development' }, { nodeEnv: 'development' }, /FLASK_ENV .* NODE_ENV\.$/],
    [{ FLASK_ENV: 'testing' }, { nodeEnv: 'test' }, /NODE_ENV \(NODE_ENV=test\)/],
    [{ FLASK_RUN_HOST: '127.0.0.1' }, { host: '127.0.0.1' }, /FLASK_RUN_HOST .* HOST\.$/],
    [{ FLASK_RUN_PORT: '8080' }, { port: 8080, portIsExplicit: true }, /FLASK_RUN_PORT .* PORT\.$/],
    [{ DEBUG: 'True' }, { logLevel: 'debug' }, /^DEBUG is .* LOG_LEVEL \(LOG_LEVEL=debug\)/],
    [{ FLASK_DEBUG: '1' }, { logLevel: 'debug' }, /^FLASK_DEBUG .* LOG_LEVEL/],
    [{ LOG_LEVEL: 'INFO' }, { logLevel: 'info' }, /write LOG_LEVEL=info/],
    [{ LOG_LEVEL: 'WARNING' }, { logLevel: 'warn' }, /write LOG_LEVEL=warn/],
    [{ LOG_LEVEL: 'CRITICAL' }, { logLevel: 'fatal' }, /write LOG_LEVEL=fatal/],
    [{ LOG_LEVEL: 'ERROR' }, { logLevel: 'error' }, /write LOG_LEVEL=error/],
    [{ LOG_LEVEL: 'NOTSET' }, { logLevel: 'trace' }, /write LOG_LEVEL=trace/],
  ]
  for (const [env, expected, notice] of cases) {
    const config = load(env)
    t.match(config, expected, JSON.stringify(env))
    t.match(config.notices, [notice])
    t.equal(config.notices.length, 1)
  }
})

test('the new name wins, and a difference is told', async (t) => {
  const config = load({ DATABASE_URL: 'sqlite:new.db', SQLALCHEMY_DATABASE_URI: 'sqlite:geheim.db' })
  t.match(config.database, { file: '/srv/stock/new.db' })
  t.strictSame(config.notices, [
    'DATABASE_URL is used; SQLALCHEMY_DATABASE_URI says something else. Remove SQLALCHEMY_DATABASE_URI.',
  ])
  t.strictSame(load({ NODE_ENV: 'test', FLASK_ENV: 'testing' }).notices, [])
  t.match(load({ LOG_LEVEL: 'INFO', DEBUG: 'true' }), {
    logLevel: 'info',
    notices: [/INFO/, /LOG_LEVEL is used; DEBUG/],
  })
})

test('what says nothing to us stays without a word', async (t) => {
  for (const env of [
    { DEBUG: 'false' },
    { DEBUG: 'express:*' },
    { FLASK_DEBUG: '0' },
    { FLASK_APP: 'x' },
    { FLASK_ENV: '' },
  ]) {
    t.match(load(env), { logLevel: 'info' }, JSON.stringify(env))
    t.strictSame(load(env).notices, [])
  }
  t.match(load({ PGSSLMODE: 'no-verify' }).notices, [/PGSSLMODE is not read; set DATABASE_SSL/], 'but this one would')
})

test('messages speak of the name that was written', async (t) => {
  t.match(problemsOf({ FLASK_RUN_PORT: 'x' }), [/^FLASK_RUN_PORT: must be a whole number/])
  t.match(problemsOf({ FLASK_ENV: 'staging' }), [/^FLASK_ENV: must be one of development/])
  const problems = problemsOf({ SQLALCHEMY_DATABASE_URI: 'postgresql://u:geheim#1@h/d' })
  t.match(problems, [/^SQLALCHEMY_DATABASE_URI: percent-encode the password/])
  t.notMatch(problems.join(), /geheim/)
})
