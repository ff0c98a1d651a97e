import { sql } from 'kysely'
import { createTable, isPostgres, run, type Schema, yes } from './columns.ts'

/** People, their sessions, and the answers kept for repeated requests. */
export async function up(db: Schema): Promise<void> {
  if (isPostgres(db)) await requireUtf8(db)
  await createUsers(db)
  await createSessions(db)
  await createIdempotencyKeys(db)
  await run(db, {
    both: [
      'create index users_role_index on users (role, is_active)',
      'create index sessions_user_id_index on sessions (user_id)',
      'create index sessions_expires_at_index on sessions (expires_at)',
      'create index refresh_tokens_session_id_index on refresh_tokens (session_id)',
      'create index login_throttle_window_ends_at_index on login_throttle (window_ends_at)',
      'create index idempotency_keys_created_at_index on idempotency_keys (created_at)',
    ],
    sqlite: LAST_ADMIN_SQLITE,
    postgres: LAST_ADMIN_POSTGRES,
  })
}

/** Any other encoding lacks letters, or is none, and takes bytes that no text has. A database keeps its own for ever. */
async function requireUtf8(db: Schema): Promise<void> {
  const { rows } = await sql<{ encoding: string }>`select current_setting('server_encoding') as encoding`.execute(db)
  const encoding = rows[0]?.encoding
  if (encoding !== 'UTF8') {
    throw new Error(
      `the encoding of the database is ${encoding}: make one by \`create database … encoding 'UTF8' locale 'C' template template0\`.`,
    )
  }
}

async function createUsers(db: Schema): Promise<void> {
  await createTable(db, 'users', (table) => {
    table.id()
    table.text('username', (c) => c.notNull())
    table.text('username_key', (c) => c.notNull())
    table.text('email', (c) => c.notNull())
    table.text('email_key', (c) => c.notNull())
    table.text('password_hash', (c) => c.notNull())
    table.text('first_name', (c) => c.notNull().defaultTo(''))
    table.text('last_name', (c) => c.notNull().defaultTo(''))
    table.text('search_text', (c) => c.notNull().defaultTo(''))
    table.text('role', (c) => c.notNull())
    table.boolean('is_active', (c) => c.notNull().defaultTo(yes(db)))
    table.time('last_login')
    table.integer('token_version', (c) => c.notNull().defaultTo(1))
    table.integer('version', (c) => c.notNull().defaultTo(1))
    table.time('created_at', (c) => c.notNull())
    table.time('updated_at', (c) => c.notNull())
    table.unique('username_key', ['username_key'])
    table.unique('email_key', ['email_key'])
    table.check('role', "role in ('viewer', 'user', 'supervisor', 'manager', 'admin')")
  })
}

async function createSessions(db: Schema): Promise<void> {
  await createTable(db, 'sessions', (table) => {
    table.id()
    table.reference('user_id', 'users', (c) => c.notNull())
    table.time('created_at', (c) => c.notNull())
    table.time('expires_at', (c) => c.notNull())
    table.time('revoked_at')
  })
  await createTable(db, 'refresh_tokens', (table) => {
    table.id()
    table.reference('session_id', 'sessions', (c) => c.notNull())
    table.text('token_hash', (c) => c.notNull())
    table.time('created_at', (c) => c.notNull())
    table.time('expires_at', (c) => c.notNull())
    table.time('used_at')
    table.unique('token_hash', ['token_hash'])
  })
  await createTable(db, 'login_throttle', (table) => {
    table.text('key', (c) => c.primaryKey().notNull())
    table.integer('failures', (c) => c.notNull())
    table.time('window_ends_at', (c) => c.notNull())
  })
}

async function createIdempotencyKeys(db: Schema): Promise<void> {
  await createTable(db, 'idempotency_keys', (table) => {
    table.reference('user_id', 'users', (c) => c.notNull())
    table.text('route', (c) => c.notNull())
    table.text('key', (c) => c.notNull())
    table.text('fingerprint', (c) => c.notNull())
    table.integer('status')
    table.text('headers')
    table.text('body')
    table.time('created_at', (c) => c.notNull())
    table.primaryKey(['user_id', 'route', 'key'])
  })
}

export const loses = 'every user with passwords and sessions, and the answers kept for repeated requests'

export async function down(db: Schema): Promise<void> {
  await run(db, {
    both: [
      'drop table idempotency_keys',
      'drop table login_throttle',
      'drop table refresh_tokens',
      'drop table sessions',
      'drop table users',
    ],
    postgres: ['drop function users_keep_an_admin()'],
  })
}

// Whatever is done to users, one active administrator is left once there was one.
const LAST_ADMIN_SQLITE = [
  `create trigger users_keep_an_admin after update of role, is_active on users
   when old.role = 'admin' and old.is_active = 1 and (new.role <> 'admin' or new.is_active <> 1)
   begin
     select raise(abort, 'users_keep_an_admin')
     where not exists (select 1 from users where role = 'admin' and is_active = 1);
   end`,
  `create trigger users_keep_an_admin_delete after delete on users
   when old.role = 'admin' and old.is_active = 1
   begin
     select raise(abort, 'users_keep_an_admin')
     where not exists (select 1 from users where role = 'admin' and is_active = 1);
   end`,
]

// The advisory lock makes two transactions that each demote "the other" administrator take turns.
const LAST_ADMIN_POSTGRES = [
  `create function users_keep_an_admin() returns trigger language plpgsql as $$
   begin
     perform pg_advisory_xact_lock(7302011);
     if not exists (select 1 from users where role = 'admin' and is_active) then
       raise exception 'users_keep_an_admin' using errcode = 'check_violation', constraint = 'users_keep_an_admin';
     end if;
     return null;
   end $$`,
  `create trigger users_keep_an_admin after update of role, is_active on users for each row
   when (old.role = 'admin' and old.is_active and (new.role <> 'admin' or not new.is_active))
   execute function users_keep_an_admin()`,
  `create trigger users_keep_an_admin_delete after delete on users for each row
   when (old.role = 'admin' and old.is_active) execute function users_keep_an_admin()`,
]
