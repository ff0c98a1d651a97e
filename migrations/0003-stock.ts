import { createTable, run, type Schema } from './columns.ts'

/** The ledger (movements and their lines, never changed) and the running balances that its triggers keep. */
export async function up(db: Schema): Promise<void> {
  await createBalances(db)
  await createLedger(db)
  await run(db, {
    both: INDEXES,
    sqlite: [...appendOnlySqlite(), ...APPLY_SQLITE],
    postgres: [...APPEND_ONLY_POSTGRES, ...APPLY_POSTGRES],
  })
}

async function createBalances(db: Schema): Promise<void> {
  await createTable(db, 'stock', (table) => {
    table.id()
    table.reference('product_id', 'products', (c) => c.notNull())
    table.reference('location_id', 'locations', (c) => c.notNull())
    table.integer('quantity', (c) => c.notNull().defaultTo(0))
    table.integer('reserved', (c) => c.notNull().defaultTo(0))
    table.integer('min_stock', (c) => c.notNull().defaultTo(0))
    table.integer('reorder_quantity', (c) => c.notNull().defaultTo(0))
    table.integer('version', (c) => c.notNull().defaultTo(1))
    table.time('created_at', (c) => c.notNull())
    table.time('updated_at', (c) => c.notNull())
    table.unique('product_id_location_id', ['product_id', 'location_id'])
    table.check('quantity', 'quantity between 0 and 1000000000000')
    table.check('reserved', 'reserved >= 0')
    table.check('min_stock', 'min_stock between 0 and 1000000000000')
    table.check('reorder_quantity', 'reorder_quantity between 0 and 1000000000000')
  })
  await createTable(db, 'product_costs', (table) => {
    table.reference('product_id', 'products', (c) => c.primaryKey().notNull())
    table.integer('quantity', (c) => c.notNull().defaultTo(0))
    table.integer('value', (c) => c.notNull().defaultTo(0))
    table.check('quantity', 'quantity between 0 and 9007199254740991')
    table.check('value', 'value between 0 and 9007199254740991 and (quantity > 0 or value = 0)')
  })
}

async function createLedger(db: Schema): Promise<void> {
  await createTable(db, 'movements', (table) => {
    table.id()
    table.text('type', (c) => c.notNull())
    table.text('reason', (c) => c.notNull().defaultTo(''))
    table.text('reference', (c) => c.notNull().defaultTo(''))
    table.text('note', (c) => c.notNull().defaultTo(''))
    table.text('source_type')
    table.integer('source_id')
    table.reference('actor_id', 'users', (c) => c.notNull())
    table.time('effective_at', (c) => c.notNull())
    table.time('recorded_at', (c) => c.notNull())
    table.reference('reversal_of', 'movements')
    table.unique('reversal_of', ['reversal_of'])
    table.check('type', "type in ('receipt', 'issue', 'transfer', 'adjustment', 'count')")
    table.check('source', '(source_type is null) = (source_id is null)')
  })
  await createTable(db, 'movement_lines', (table) => {
    table.id()
    table.reference('movement_id', 'movements', (c) => c.notNull())
    table.integer('line_number', (c) => c.notNull())
    table.reference('product_id', 'products', (c) => c.notNull())
    table.reference('from_location_id', 'locations')
    table.reference('to_location_id', 'locations')
    table.integer('quantity', (c) => c.notNull())
    table.integer('value', (c) => c.notNull())
    table.unique('movement_id_line_number', ['movement_id', 'line_number'])
    table.check('quantity', 'quantity between 0 and 1000000000000')
    table.check('value', 'value between 0 and 9007199254740991 and (quantity > 0 or value = 0)')
    table.check('locations', 'coalesce(from_location_id, 0) <> coalesce(to_location_id, 0)')
  })
}

export const loses = 'every movement with its lines, and with them all stock levels, minimums and costs'

export async function down(db: Schema): Promise<void> {
  await run(db, {
    both: ['drop table movement_lines', 'drop table movements', 'drop table product_costs', 'drop table stock'],
    postgres: ['drop function movement_lines_apply()', 'drop function ledger_is_append_only()'],
  })
}

const INDEXES = [
  'create index stock_location_id_index on stock (location_id, id)',
  // The order in which the list of low stock is read: the furthest below its minimum first.
  'create index stock_margin_index on stock ((quantity - reserved - min_stock), id)',
  'create index movements_recorded_at_index on movements (recorded_at, id)',
  'create index movements_effective_at_index on movements (effective_at, id)',
  'create index movements_reference_index on movements (reference, id)',
  'create index movements_source_index on movements (source_type, source_id)',
  'create index movement_lines_product_id_index on movement_lines (product_id, id)',
]

function appendOnlySqlite(): string[] {
  const changes = ['movements', 'movement_lines'].flatMap((table) =>
    ['update', 'delete'].map(
      (event) =>
        `create trigger ${table}_refuse_${event} before ${event} on ${table}
         begin select raise(abort, 'ledger_is_append_only'); end`,
    ),
  )
  return [...changes, ...REFUSE_REPLACE_SQLITE]
}

// "insert or replace" takes the old row away without asking the triggers on delete.
const REFUSE_REPLACE_SQLITE = [
  `create trigger movements_refuse_replace before insert on movements
   when exists (select 1 from movements where id = new.id)
     or exists (select 1 from movements where reversal_of = new.reversal_of)
   begin select raise(abort, 'ledger_is_append_only'); end`,
  `create trigger movement_lines_refuse_replace before insert on movement_lines
   when exists (select 1 from movement_lines where id = new.id)
     or exists (select 1 from movement_lines where movement_id = new.movement_id and line_number = new.line_number)
   begin select raise(abort, 'ledger_is_append_only'); end`,
]

const APPEND_ONLY_POSTGRES = [
  `create function ledger_is_append_only() returns trigger language plpgsql as $$
   begin raise exception 'ledger_is_append_only' using errcode = 'check_violation', constraint = 'ledger_is_append_only'; end $$`,
  ...['movements', 'movement_lines'].map(
    (table) =>
      `create trigger ${table}_refuse_change before update or delete or truncate on ${table}
       for each statement execute function ledger_is_append_only()`,
  ),
]

// A line changes the balances in the same statement that records it, so no code path can do one without the other.
const APPLY_SQLITE = [
  `create trigger movement_lines_apply after insert on movement_lines begin
     insert into stock (product_id, location_id, created_at, updated_at)
       select new.product_id, new.to_location_id, m.recorded_at, m.recorded_at from movements m
       where m.id = new.movement_id and new.to_location_id is not null
         and not exists (select 1 from stock where product_id = new.product_id and location_id = new.to_location_id);
     select raise(abort, 'stock_level_missing') where new.from_location_id is not null
       and not exists (select 1 from stock where product_id = new.product_id and location_id = new.from_location_id);
     update stock set quantity = quantity - new.quantity, version = version + 1,
         updated_at = (select recorded_at from movements where id = new.movement_id)
       where product_id = new.product_id and location_id = new.from_location_id;
     update stock set quantity = quantity + new.quantity, version = version + 1,
         updated_at = (select recorded_at from movements where id = new.movement_id)
       where product_id = new.product_id and location_id = new.to_location_id;
     insert into product_costs (product_id) select new.product_id
       where not exists (select 1 from product_costs where product_id = new.product_id);
     update product_costs set quantity = quantity + new.quantity, value = value + new.value
       where product_id = new.product_id and new.from_location_id is null;
     update product_costs set quantity = quantity - new.quantity, value = value - new.value
       where product_id = new.product_id and new.to_location_id is null;
   end`,
]

// Two transactions that bring in the first of a product meet at `on conflict`: the update before it is the usual way.
const APPLY_POSTGRES = [
  `create function movement_lines_apply() returns trigger language plpgsql as $$
   declare recorded timestamptz;
   begin
     select recorded_at into strict recorded from movements where id = new.movement_id;
     if new.from_location_id is not null then
       update stock set quantity = quantity - new.quantity, version = version + 1, updated_at = recorded
         where product_id = new.product_id and location_id = new.from_location_id;
       if not found then
         raise exception 'stock_level_missing' using errcode = 'check_violation', constraint = 'stock_level_missing';
       end if;
     end if;
     if new.to_location_id is not null then
       update stock set quantity = quantity + new.quantity, version = version + 1, updated_at = recorded
         where product_id = new.product_id and location_id = new.to_location_id;
       if not found then
         insert into stock as level (product_id, location_id, quantity, version, created_at, updated_at)
           values (new.product_id, new.to_location_id, new.quantity, 2, recorded, recorded)
           on conflict (product_id, location_id) do update
             set quantity = level.quantity + excluded.quantity, version = level.version + 1, updated_at = recorded;
       end if;
     end if;
     if new.from_location_id is null then
       update product_costs set quantity = quantity + new.quantity, value = value + new.value
         where product_id = new.product_id;
       if not found then
         insert into product_costs as cost (product_id, quantity, value)
           values (new.product_id, new.quantity, new.value)
           on conflict (product_id) do update
             set quantity = cost.quantity + excluded.quantity, value = cost.value + excluded.value;
       end if;
     elsif new.to_location_id is null then
       update product_costs set quantity = quantity - new.quantity, value = value - new.value
         where product_id = new.product_id;
       if not found then
         insert into product_costs (product_id, quantity, value) values (new.product_id, -new.quantity, -new.value);
       end if;
     end if;
     return null;
   end $$`,
  `create trigger movement_lines_apply after insert on movement_lines
   for each row execute function movement_lines_apply()`,
]
