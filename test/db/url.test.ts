import { test } from 'tap'
import { DatabaseUrlError } from '../../src/db/tls.ts'
import { type DatabaseTarget, type PostgresTarget, parseDatabaseUrl } from '../../src/db/url.ts'

function postgres(text: string): PostgresTarget {
  const target = parseDatabaseUrl(text)
  if (target.engine !== 'postgresql') throw new Error('not PostgreSQL')
  return target
}

function refusal(text: string): string {
  try {
    parseDatabaseUrl(text)
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error.message
    throw error
  }
  return 'accepted'
}

test('SQLite files, in our form and in SQLAlchemy’s', async (t) => {
  const cases: Record<string, string> = {
    'sqlite:instance/x.db': 'instance/x.db',
    'sqlite:./x.db': './x.db',
    'sqlite:../data/x.db': '../data/x.db',
    'sqlite:/abs/x.db': '/abs/x.db',
    'sqlite:///rel.db': 'rel.db',
    'sqlite:///instance/rel.db': 'instance/rel.db',
    'sqlite:////abs/x.db': '/abs/x.db',
    'SQLite:x.db': 'x.db',
    'sqlite+pysqlite:///x.db': 'x.db',
    ' sqlite:my file#1 100%.db\n': 'my file#1 100%.db',
    'sqlite:///C:/data/x.db': 'C:/data/x.db',
  }
  for (const [text, file] of Object.entries(cases)) {
    t.strictSame(parseDatabaseUrl(text), { engine: 'sqlite', file } satisfies DatabaseTarget, text)
  }
})

test('SQLite: memory, queries, folders and other slashes are refused', async (t) => {
  for (const text of [
    'sqlite::memory:',
    'sqlite:///:memory:',
    'sqlite://',
    'sqlite:',
    'sqlite:///',
    'sqlite:file::memory:',
  ]) {
    t.match(refusal(text), /gone at the next start/, text)
  }
  t.match(refusal('sqlite:x.db?mode=ro'), /nothing may follow the file name/)
  t.match(refusal('sqlite:data/'), /names a folder/)
  t.match(refusal('sqlite://x.db'), /sqlite:\/\/\/FILE/)
  t.match(refusal('sqlite:a\u0000b.db'), /control character/)
})

test('PostgreSQL: every part of the URL', async (t) => {
  const { connection, notices } = postgres('postgresql://ana:geheim@db.example.com:6543/stock')
  t.strictSame(connection, {
    host: 'db.example.com',
    port: 6543,
    user: 'ana',
    password: 'geheim',
    database: 'stock',
    ssl: false,
  })
  t.strictSame(notices, [])
})

test('PostgreSQL: shapes the platforms and people write', async (t) => {
  const cases: [string, Partial<PostgresTarget['connection']>][] = [
    ['postgres://u:p@h/d', { host: 'h', port: 5432, database: 'd' }],
    ['POSTGRES://u:p@h:/d', { port: 5432 }],
    ['postgresql://postgres:x@postgres.railway.internal:5432/railway', { host: 'postgres.railway.internal' }],
    ['postgresql://u:p@dpg-abc123-a/db_x', { host: 'dpg-abc123-a', port: 5432, database: 'db_x' }],
    ['postgres://u:p@[::1]:5433/d', { host: '::1', port: 5433 }],
    ['postgres://u:p@[2001:db8::5]/d', { host: '2001:db8::5', port: 5432 }],
    ['postgres://u:p@127.0.0.1/d', { host: '127.0.0.1' }],
    ['postgres://u:p@my_service:5432/d', { host: 'my_service' }],
    ['postgres://u@h/d', { user: 'u', password: undefined }],
    ['postgres://u:@h/d', { password: undefined }],
    ['postgres://us%40er:p@h/my%20db', { user: 'us@er', database: 'my db' }],
    ['postgres://u:a:b:c@h/d', { password: 'a:b:c' }],
    ['postgres://u:p@/d?host=/var/run/postgresql', { host: '/var/run/postgresql', port: 5432, ssl: false }],
    ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d', { host: '/var/run/postgresql' }],
    ['postgres://u:p@h/d?application_name=stock%20api', { application_name: 'stock api' }],
    ['postgres://u:p@h/d?connect_timeout=10', { connectionTimeoutMillis: 10_000 }],
    ['postgres://u:p@h/d?options=-c%20search_path%3Dstock', { options: '-c search_path=stock' }],
    ['postgres://u:p@h/d?client_encoding=utf8', { database: 'd' }],
    ['postgres://u:p@h/d?channel_binding=require', { enableChannelBinding: true }],
    ['postgres://u:p@h/d?channel_binding=prefer', { enableChannelBinding: true }],
    ['postgres://u:p@h/d?channel_binding=disable', { enableChannelBinding: false }],
    ['postgres://u:p@h/d?client_encoding=UTF-8', { database: 'd' }],
    ['postgres://u:p@h/d?client_encoding=unicode', { database: 'd' }],
    ['postgres://u:p@h/d?application_name=stock+api', { application_name: 'stock api' }],
    ['postgres://u:p@h/d?connect_timeout=1', { connectionTimeoutMillis: 1000 }],
    ['postgres://u:p@h/d?connect_timeout=999', { connectionTimeoutMillis: 999_000 }],
    ['postgres://u:p@h:1/d', { port: 1 }],
    ['postgres://u:p@h:65535/d', { port: 65_535 }],
    ['postgres://u:p@h/d?', { database: 'd' }],
  ]
  for (const [text, expected] of cases) t.match(postgres(text).connection, expected, text)
})

test('a channel binding that is required is said to be a wish', async (t) => {
  t.match(postgres('postgres://u:p@h/d?channel_binding=require').notices, [/used where the server offers it/])
  for (const value of ['prefer', 'disable']) {
    t.strictSame(postgres(`postgres://u:p@h/d?channel_binding=${value}`).notices, [], value)
  }
})

test('SQLAlchemy’s drivers are understood, with a notice', async (t) => {
  for (const driver of ['psycopg2', 'psycopg', 'asyncpg', 'pg8000']) {
    const { connection, notices } = postgres(`postgresql+${driver}://u:p@h/d`)
    t.equal(connection.host, 'h')
    t.match(notices, [/write postgresql:\/\//], driver)
  }
})

test('encoded passwords arrive as they were chosen', async (t) => {
  for (const password of ['p@ss#w%rd', 'a/b?c:d', '100%', '%41', 'ñandú 密', '\'"\\`$&+;=', '[x]', '@@@@']) {
    const { connection } = postgres(`postgres://u:${encodeURIComponent(password)}@h:5432/d`)
    t.match(connection, { password, host: 'h', database: 'd' }, password)
  }
})

test('an unencoded password stops, is explained, and is not shown', async (t) => {
  const marker = 'hunter2'
  for (const sign of ['@', '#', '/', '?', '%', '%z', '%4', '%ff', '@#', '/?', '#/', '?a=b&', ' ', '@h/d?x=']) {
    for (const password of [`${marker}${sign}wort77`, `${sign}${marker}wort77`, `${marker}wort77${sign}`]) {
      for (const text of [
        `postgres://user:${password}@db:5432/stock`,
        `postgresql+psycopg2://user:${password}@db/stock`,
      ]) {
        const message = refusal(text)
        t.match(message, /percent-encode the password/, text)
        t.notMatch(message, /hunter2|wort77/, text)
      }
    }
  }
})

test('any text between the slashes: no message shows a part of the password', async (t) => {
  let seed = 7
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % below
  }
  const signs = ['@', ':', '/', '?', '#', '%', '&', '=', '[', ']', '.', ',', 'QX7', 'ZK9', '%40', '\\', '+']
  for (let round = 0; round < 3000; round++) {
    const password = Array.from({ length: 1 + next(8) }, () => signs[next(signs.length)]).join('')
    const tail = ['@h/d', '@h:5432/d?sslmode=require', '@h', '', '/d'][next(5)]
    const message = refusal(`postgres://u:${password}${tail}`)
    if (/QX7|ZK9/.test(message)) t.fail(`${password}${tail} → ${message}`)
  }
  t.pass('none of 3000')
})

test('what is missing or wrong is named', async (t) => {
  const cases: [string, RegExp][] = [
    ['', /is empty; write sqlite:/],
    ['   ', /is empty/],
    ['mysql://u:p@h/d', /must begin with sqlite:, postgres/],
    ['postgresql+mysql://u:p@h/d', /must begin with/],
    ['"postgres://u:p@h/d"', /no quotes/],
    ['postgres:u:p@h/d', /must begin with/],
    ['stock.db', /must begin with/],
    [`\${db.DATABASE_URL}`, /did not fill in/],
    [`\${{Postgres.DATABASE_URL}}`, /did not fill in/],
    ['postgres://u:p@h', /names no database/],
    ['postgres://u:p@h/', /names no database/],
    ['postgres://u:p@h?sslmode=require', /names no database/],
    ['postgres://u:p@h/d/e', /more than one \//],
    ['postgres://h/d', /names no user/],
    ['postgres://:p@h/d', /names no user/],
    ['postgres://u:p@/d', /names no host/],
    ['postgres://u:p@h:port/d', /port is not a number.*percent-encode the password/],
    ['postgres://u:p@h:x5432/d', /port is not a number/],
    ['postgres://u:p@h:5432x/d', /port is not a number/],
    ['postgres://u:p@h:0/d', /from 1 to 65535/],
    ['postgres://u:p@h:65536/d', /from 1 to 65535/],
    ['postgres://u:p@h1,h2/d', /one name/],
    ['postgres://u:p@h%2Fd/d', /one name/],
    ['postgres://u:p@[::zz]/d', /IPv6/],
    ['postgres://u:p@[::1]x/d', /names no host/],
    ['postgres://u:p@x[::1]/d', /names no host/],
    ['postgres://u:p@::1/d', /names no host|port is not a number|one name/],
    ['postgres://u:p@h/d?host=/run', /a host twice/],
    ['postgres://u:p@h/d?schema=public', /"schema" is not understood/],
    ['postgres://u:p@h/d?password=geheim', /"password" is not understood/],
    ['postgres://u:p@h/d?options=a&options=b', /"options" is given twice/],
    ['postgres://u:p@h/d?connect_timeout=soon', /connect_timeout must be/],
    ['postgres://u:p@h/d?connect_timeout', /connect_timeout must be/],
    ['postgres://u:p@h/d?connect_timeout=1000', /connect_timeout must be/],
    ['postgres://u:p@h/d?connect_timeout=10s', /connect_timeout must be/],
    ['postgres://u:p@h/d?connect_timeout=0', /connect_timeout must be/],
    ['postgres://u:p@h/d?client_encoding=latin1', /must be utf8/],
    ['postgres://u:p@h/d?client_encoding=utf8x', /must be utf8/],
    ['postgres://u:p@h/d?client_encoding=xutf8', /must be utf8/],
    ['postgres://u:p@h/d?channel_binding=xrequire', /channel_binding must be/],
    ['postgres://u:p@h/d?charset=utf8', /"charset" is not understood/],
    ['postgres://u:p@h/d?binding=require', /"binding" is not understood/],
    ['postgres://u:p@h/d?1abc=1', /^a parameter is not understood/],
    ['postgres://u:p@h/d?abc$=1', /^a parameter is not understood/],
    ['postgres://u:p@h/d?channel_binding=x', /channel_binding must be/],
    ['postgres://u:p@h/d?channel_binding=preferred', /channel_binding must be/],
    ['postgres://u:p@h/d?<script>=1', /^a parameter is not understood/],
    ['postgres://u:p%00@h/d', /control character/],
  ]
  for (const [text, expected] of cases) t.match(refusal(text), expected, text)
})
