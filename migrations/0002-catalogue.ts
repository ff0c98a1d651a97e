import { sql } from 'kysely'
import { createTable, isPostgres, no, run, type Schema, yes } from './columns.ts'

/** What is stocked and where: categories, products with their search index, locations. */
export async function up(db: Schema): Promise<void> {
  await createTables(db)
  await createIndexes(db)
  const now = new Date().toISOString()
  const main = { code: 'MAIN', code_key: 'main', name: 'Main', name_key: 'main' }
  await db
    .insertInto('locations')
    .values({ ...main, is_default: yes(db), created_at: now, updated_at: now })
    .execute()
}

async function createTables(db: Schema): Promise<void> {
  await createTable(db, 'categories', (table) => {
    table.id()
    table.text('name', (c) => c.notNull())
    table.text('name_key', (c) => c.notNull())
    table.text('description', (c) => c.notNull().defaultTo(''))
    table.integer('version', (c) => c.notNull().defaultTo(1))
    table.time('created_at', (c) => c.notNull())
    table.time('updated_at', (c) => c.notNull())
    table.unique('name_key', ['name_key'])
  })
  await createTable(db, 'products', (table) => {
    table.id()
    table.text('sku', (c) => c.notNull())
    table.text('sku_key', (c) => c.notNull())
    table.text('barcode')
    table.text('barcode_key')
    table.text('name', (c) => c.notNull())
    table.text('name_key', (c) => c.notNull())
    table.text('description', (c) => c.notNull().defaultTo(''))
    table.integer('price', (c) => c.notNull())
    table.reference('category_id', 'categories', (c) => c.notNull())
    table.text('unit', (c) => c.notNull())
    table.integer('decimals', (c) => c.notNull().defaultTo(0))
    table.boolean('is_active', (c) => c.notNull().defaultTo(yes(db)))
    table.text('search_text', (c) => c.notNull())
    table.integer('version', (c) => c.notNull().defaultTo(1))
    table.time('created_at', (c) => c.notNull())
    table.time('updated_at', (c) => c.notNull())
    table.unique('sku_key', ['sku_key'])
    table.unique('barcode_key', ['barcode_key'])
    table.check('price', 'price between 0 and 999999999999')
    table.check('decimals', 'decimals between 0 and 3')
    table.check('barcode', '(barcode is null) = (barcode_key is null)')
  })
  await createTable(db, 'locations', (table) => {
    table.id()
    table.text('code', (c) => c.notNull())
    table.text('code_key', (c) => c.notNull())
    table.text('name', (c) => c.notNull())
    table.text('name_key', (c) => c.notNull())
    table.boolean('is_default', (c) => c.notNull().defaultTo(no(db)))
    table.boolean('is_active', (c) => c.notNull().defaultTo(yes(db)))
    table.integer('version', (c) => c.notNull().defaultTo(1))
    table.time('created_at', (c) => c.notNull())
    table.time('updated_at', (c) => c.notNull())
    table.unique('code_key', ['code_key'])
    table.unique('name_key', ['name_key'])
    table.check('default_is_active', isPostgres(db) ? 'is_active or not is_default' : 'is_active = 1 or is_default = 0')
  })
}

async function createIndexes(db: Schema): Promise<void> {
  const sorted = ['name_key', 'sku_key', 'price', 'created_at', 'updated_at']
  await run(db, {
    both: [
      ...sorted.map((column) => `create index products_${column}_index on products (is_active, ${column}, id)`),
      'create index products_id_index on products (is_active, id)',
      'create index products_category_id_index on products (category_id, is_active, name_key, id)',
    ],
    sqlite: [
      'create unique index locations_is_default_unique on locations (is_default) where is_default = 1',
      ...SEARCH_SQLITE,
    ],
    postgres: [
      'create unique index locations_is_default_unique on locations (is_default) where is_default',
      // Whether a word is common or rare decides how a search is planned; a sample of 100 texts hardly tells, and one of
      // 1000 takes each search longer to look through than the search.
      'alter table products alter column search_text set statistics 200',
    ],
  })
  if (isPostgres(db)) await createTrigramIndex(db)
}

export const loses = 'every category, product and location'

export async function down(db: Schema): Promise<void> {
  await run(db, {
    sqlite: ['drop table products_search'],
    both: [],
  })
  await run(db, { both: ['drop table locations', 'drop table products', 'drop table categories'] })
}

// The trigram index holds no copy of the text: it points at products and follows it by triggers.
const SEARCH_SQLITE = [
  `create virtual table products_search using fts5
   (search_text, content='products', content_rowid='id', tokenize='trigram case_sensitive 1')`,
  `create trigger products_search_insert after insert on products begin
     insert into products_search (rowid, search_text) values (new.id, new.search_text);
   end`,
  `create trigger products_search_update after update of search_text on products when old.search_text <> new.search_text begin
     insert into products_search (products_search, rowid, search_text) values ('delete', old.id, old.search_text);
     insert into products_search (rowid, search_text) values (new.id, new.search_text);
   end`,
  `create trigger products_search_delete after delete on products begin
     insert into products_search (products_search, rowid, search_text) values ('delete', old.id, old.search_text);
   end`,
]

/** Where pg_trgm may not be created, search works all the same, by reading every row. */
async function createTrigramIndex(db: Schema): Promise<void> {
  const statement = `do $$ begin
    create extension if not exists pg_trgm;
    create index products_search_text_index on products using gin (search_text gin_trgm_ops);
  exception when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
    raise warning 'pg_trgm is not available: product search works without its index';
  end $$`
  await sql.raw(statement).execute(db)
}
