-- The prepared queries as sqlite gets them; made by `npm run db:queries`, never by hand.

-- auth_find_session_holder
select
  "u"."id",
  "u"."username",
  "u"."role",
  "u"."token_version"
from
  "sessions" as "s"
  inner join "users" as "u" on "u"."id" = "s"."user_id"
where
  "s"."id" = +?
  and "s"."revoked_at" is null
  and "s"."expires_at" > +?
  and "u"."is_active" = +?;

-- products_bounds {"sort":"name","order":"asc","archived":"exclude","filters":[],"after":false,"until":false}
select
  "p"."id",
  "p"."name_key" as "place"
from
  "products" as "p"
where
  "p"."is_active" = +?
order by
  "p"."name_key" asc,
  "p"."id" asc
limit
  +?
offset
  +?;

-- products_bounds {"sort":"name","order":"desc","archived":"exclude","filters":[],"after":true,"until":false}
select
  "p"."id",
  "p"."name_key" as "place"
from
  "products" as "p"
where
  "p"."is_active" = +?
  and ("p"."name_key", "p"."id") < (+?, +?)
order by
  "p"."name_key" desc,
  "p"."id" desc
limit
  +?
offset
  +?;

-- products_bounds {"sort":"name","order":"asc","archived":"exclude","filters":["category_id"],"after":false,"until":false}
select
  "p"."id",
  "p"."name_key" as "place"
from
  "products" as "p"
where
  "p"."is_active" = +?
  and "p"."category_id" = +?
order by
  "p"."name_key" asc,
  "p"."id" asc
limit
  +?
offset
  +?;

-- products_count {"sort":"id","order":"asc","archived":"exclude","filters":[],"after":false,"until":false}
select
  count(*) as "count"
from
  (
    select
      "p"."id",
      "p"."id" as "place"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
  ) as "matching";

-- products_count {"sort":"id","order":"asc","archived":"include","stock_status":"out","filters":["category_id","price_min","price_max","updated_since"],"after":false,"until":false}
select
  count(*) as "count"
from
  (
    select
      "p"."id",
      "p"."id" as "place"
    from
      "products" as "p"
    where
      "p"."category_id" = +?
      and "p"."price" >= +?
      and "p"."price" <= +?
      and "p"."updated_at" >= +?
      and (
        select
          case
            when coalesce(sum(s.quantity - s.reserved), 0) <= 0 then 'out'
            when sum(s.quantity - s.reserved - s.min_stock) <= 0 then 'low'
            else 'ok'
          end
        from
          stock as s
        where
          s.product_id = p.id
      ) = 'out'
  ) as "matching";

-- products_count {"sort":"id","order":"asc","archived":"exclude","filters":[],"search":"index","after":false,"until":false}
select
  count(*) as "count"
from
  (
    select
      "p"."id",
      "p"."id" as "place"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and "p"."id" in (
        select
          rowid
        from
          "products_search"
        where
          "products_search" match +?
      )
  ) as "matching";

-- products_find
select
  "p"."id",
  "p"."sku",
  "p"."barcode",
  "p"."name",
  "p"."description",
  "p"."price",
  "p"."category_id",
  "p"."unit",
  "p"."decimals",
  "p"."is_active",
  "p"."version",
  "p"."created_at",
  "p"."updated_at",
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  "pc"."quantity"
from
  "products" as "p"
  inner join "categories" as "c" on "c"."id" = "p"."category_id"
  left join "product_costs" as "pc" on "pc"."product_id" = "p"."id"
where
  "p"."id" = +?;

-- products_find_by_barcode
select
  "p"."id",
  "p"."sku",
  "p"."barcode",
  "p"."name",
  "p"."description",
  "p"."price",
  "p"."category_id",
  "p"."unit",
  "p"."decimals",
  "p"."is_active",
  "p"."version",
  "p"."created_at",
  "p"."updated_at",
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  "pc"."quantity"
from
  "products" as "p"
  inner join "categories" as "c" on "c"."id" = "p"."category_id"
  left join "product_costs" as "pc" on "pc"."product_id" = "p"."id"
where
  "p"."barcode_key" = +?;

-- products_find_by_sku
select
  "p"."id",
  "p"."sku",
  "p"."barcode",
  "p"."name",
  "p"."description",
  "p"."price",
  "p"."category_id",
  "p"."unit",
  "p"."decimals",
  "p"."is_active",
  "p"."version",
  "p"."created_at",
  "p"."updated_at",
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  "pc"."quantity"
from
  "products" as "p"
  inner join "categories" as "c" on "c"."id" = "p"."category_id"
  left join "product_costs" as "pc" on "pc"."product_id" = "p"."id"
where
  "p"."sku_key" = +?;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"after":false,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"name","order":"desc","archived":"exclude","filters":[],"after":true,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and ("p"."name_key", "p"."id") < (+?, +?)
    order by
      "p"."name_key" desc,
      "p"."id" desc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" desc,
  "page"."id" desc
limit
  +?;

-- products_page {"sort":"id","order":"asc","archived":"exclude","filters":[],"after":true,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."id" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and "p"."id" > +?
    order by
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"price","order":"asc","archived":"only","filters":[],"after":false,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."price" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
    order by
      "p"."price" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"name","order":"desc","archived":"include","filters":[],"after":true,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      *
    from
      (
        select
          "p"."id",
          "p"."name_key" as "place",
          "p"."sku",
          "p"."barcode",
          "p"."name",
          "p"."description",
          "p"."price",
          "p"."category_id",
          "p"."unit",
          "p"."decimals",
          "p"."is_active",
          "p"."version",
          "p"."created_at",
          "p"."updated_at"
        from
          "products" as "p"
        where
          "p"."is_active" = +?
          and ("p"."name_key", "p"."id") < (+?, +?)
        order by
          "p"."name_key" desc,
          "p"."id" desc
        limit
          +?
      ) as "active"
    union all
    select
      *
    from
      (
        select
          "p"."id",
          "p"."name_key" as "place",
          "p"."sku",
          "p"."barcode",
          "p"."name",
          "p"."description",
          "p"."price",
          "p"."category_id",
          "p"."unit",
          "p"."decimals",
          "p"."is_active",
          "p"."version",
          "p"."created_at",
          "p"."updated_at"
        from
          "products" as "p"
        where
          "p"."is_active" = +?
          and ("p"."name_key", "p"."id") < (+?, +?)
        order by
          "p"."name_key" desc,
          "p"."id" desc
        limit
          +?
      ) as "archived"
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" desc,
  "page"."id" desc
limit
  +?;

-- products_page {"sort":"name","order":"asc","archived":"exclude","stock_status":"low","filters":["category_id","price_min","price_max","updated_since"],"after":false,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and "p"."category_id" = +?
      and "p"."price" >= +?
      and "p"."price" <= +?
      and "p"."updated_at" >= +?
      and (
        select
          case
            when coalesce(sum(s.quantity - s.reserved), 0) <= 0 then 'out'
            when sum(s.quantity - s.reserved - s.min_stock) <= 0 then 'low'
            else 'ok'
          end
        from
          stock as s
        where
          s.product_id = p.id
      ) = 'low'
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":["category_id"],"among":"given","after":false,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."id" in (
        select
          value
        from
          json_each(+?)
      )
      and + "p"."is_active" = +?
      and + "p"."category_id" = +?
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"index","after":false,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and "p"."id" in (
        select
          rowid
        from
          "products_search"
        where
          "products_search" match +?
      )
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"both","after":false,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and "p"."id" in (
        select
          rowid
        from
          "products_search"
        where
          "products_search" match +?
      )
      and not exists (
        select
          1
        from
          json_each(+?)
        where
          instr("p"."search_text", value) = 0
      )
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"reading","after":false,"until":true}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and ("p"."name_key", p.id) < (+?, +?)
      and not exists (
        select
          1
        from
          json_each(+?)
        where
          instr("p"."search_text", value) = 0
      )
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_page {"sort":"name","order":"desc","archived":"exclude","filters":[],"search":"reading","after":true,"until":true}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."is_active" = +?
      and ("p"."name_key", p.id) > (+?, +?)
      and not exists (
        select
          1
        from
          json_each(+?)
        where
          instr("p"."search_text", value) = 0
      )
      and ("p"."name_key", "p"."id") < (+?, +?)
    order by
      "p"."name_key" desc,
      "p"."id" desc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" desc,
  "page"."id" desc
limit
  +?;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"reading","among":"given","after":false,"until":false}
select
  "page".*,
  "c"."name" as "category_name",
  "c"."version" as "category_version",
  (
    select
      "pc"."quantity"
    from
      "product_costs" as "pc"
    where
      "pc"."product_id" = "page"."id"
  ) as "quantity"
from
  (
    select
      "p"."id",
      "p"."name_key" as "place",
      "p"."sku",
      "p"."barcode",
      "p"."name",
      "p"."description",
      "p"."price",
      "p"."category_id",
      "p"."unit",
      "p"."decimals",
      "p"."is_active",
      "p"."version",
      "p"."created_at",
      "p"."updated_at"
    from
      "products" as "p"
    where
      "p"."id" in (
        select
          value
        from
          json_each(+?)
      )
      and + "p"."is_active" = +?
      and not exists (
        select
          1
        from
          json_each(+?)
        where
          instr("p"."search_text", value) = 0
      )
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      +?
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  +?;

-- products_short_levels
select
  "m"."product_id"
from
  "stock" as "m"
where
  m.quantity - m.reserved - m.min_stock <= 0
limit
  +?;

-- stock_find_level
select
  "s"."id",
  "s"."product_id",
  "p"."sku" as "product_sku",
  "p"."name" as "product_name",
  "p"."decimals" as "product_decimals",
  "p"."unit",
  "s"."location_id",
  "l"."code" as "location_code",
  "s"."quantity",
  "s"."reserved",
  "s"."min_stock",
  "s"."reorder_quantity",
  "s"."version",
  "s"."updated_at",
  "p"."version" as "product_version",
  "l"."version" as "location_version"
from
  "stock" as "s"
  inner join "products" as "p" on "p"."id" = "s"."product_id"
  inner join "locations" as "l" on "l"."id" = "s"."location_id"
where
  "s"."id" = +?;

-- stock_find_movement
select
  "m"."id",
  "m"."type",
  "m"."reason",
  "m"."reference",
  "m"."note",
  "m"."effective_at",
  "m"."recorded_at",
  "m"."actor_id",
  "u"."username" as "actor_username",
  "m"."reversal_of",
  "r"."id" as "reversed_by"
from
  "movements" as "m"
  inner join "users" as "u" on "u"."id" = "m"."actor_id"
  left join "movements" as "r" on "r"."reversal_of" = "m"."id"
where
  "m"."id" = +?;

-- stock_insert_lines {"count":1}
insert into
  "movement_lines" (
    "movement_id",
    "product_id",
    "line_number",
    "from_location_id",
    "to_location_id",
    "quantity",
    "value"
  )
values
  (+?, +?, +?, +?, +?, +?, +?);

-- stock_insert_lines {"count":2}
insert into
  "movement_lines" (
    "movement_id",
    "product_id",
    "line_number",
    "from_location_id",
    "to_location_id",
    "quantity",
    "value"
  )
values
  (+?, +?, +?, +?, +?, +?, +?),
  (+?, +?, +?, +?, +?, +?, +?);

-- stock_insert_movement
insert into
  "movements" (
    "type",
    "reason",
    "reference",
    "note",
    "actor_id",
    "effective_at",
    "recorded_at",
    "reversal_of",
    "source_type",
    "source_id"
  )
values
  (+?, +?, +?, +?, +?, +?, +?, +?, +?, +?)
returning
  "id";

-- stock_lock_products
select
  "p"."id",
  "p"."sku",
  "p"."name",
  "p"."unit",
  "p"."decimals",
  "p"."is_active",
  "c"."quantity",
  "c"."value"
from
  "product_costs" as "c"
  inner join "products" as "p" on "p"."id" = "c"."product_id"
where
  "c"."product_id" in (
    select
      value
    from
      json_each(+?)
  )
order by
  "c"."product_id";

-- stock_low {"at":false,"after":false}
select
  "s"."id",
  "s"."product_id",
  "p"."sku" as "product_sku",
  "p"."name" as "product_name",
  "p"."decimals" as "product_decimals",
  "p"."unit",
  "s"."location_id",
  "l"."code" as "location_code",
  "s"."quantity",
  "s"."reserved",
  "s"."min_stock",
  "s"."reorder_quantity",
  "s"."version",
  "s"."updated_at",
  "p"."version" as "product_version",
  "l"."version" as "location_version",
  (s.quantity - s.reserved - s.min_stock) as "place"
from
  "stock" as "s"
  inner join "products" as "p" on "p"."id" = "s"."product_id"
  inner join "locations" as "l" on "l"."id" = "s"."location_id"
where
  + "p"."is_active" = +?
  and + "l"."is_active" = +?
  and (s.quantity - s.reserved - s.min_stock) <= 0
order by
  (s.quantity - s.reserved - s.min_stock),
  "s"."id"
limit
  +?;

-- stock_low {"at":true,"status":"low","after":true}
select
  "s"."id",
  "s"."product_id",
  "p"."sku" as "product_sku",
  "p"."name" as "product_name",
  "p"."decimals" as "product_decimals",
  "p"."unit",
  "s"."location_id",
  "l"."code" as "location_code",
  "s"."quantity",
  "s"."reserved",
  "s"."min_stock",
  "s"."reorder_quantity",
  "s"."version",
  "s"."updated_at",
  "p"."version" as "product_version",
  "l"."version" as "location_version",
  (s.quantity - s.reserved - s.min_stock) as "place"
from
  "stock" as "s"
  inner join "products" as "p" on "p"."id" = "s"."product_id"
  inner join "locations" as "l" on "l"."id" = "s"."location_id"
where
  + "p"."is_active" = +?
  and + "l"."is_active" = +?
  and (s.quantity - s.reserved - s.min_stock) <= 0
  and "s"."location_id" = +?
  and s.quantity - s.reserved > 0
  and s.quantity - s.reserved <= s.min_stock
  and ((s.quantity - s.reserved - s.min_stock), s.id) > (+?, +?)
order by
  (s.quantity - s.reserved - s.min_stock),
  "s"."id"
limit
  +?;

-- stock_low {"at":false,"status":"out","after":false}
select
  "s"."id",
  "s"."product_id",
  "p"."sku" as "product_sku",
  "p"."name" as "product_name",
  "p"."decimals" as "product_decimals",
  "p"."unit",
  "s"."location_id",
  "l"."code" as "location_code",
  "s"."quantity",
  "s"."reserved",
  "s"."min_stock",
  "s"."reorder_quantity",
  "s"."version",
  "s"."updated_at",
  "p"."version" as "product_version",
  "l"."version" as "location_version",
  (s.quantity - s.reserved - s.min_stock) as "place"
from
  "stock" as "s"
  inner join "products" as "p" on "p"."id" = "s"."product_id"
  inner join "locations" as "l" on "l"."id" = "s"."location_id"
where
  + "p"."is_active" = +?
  and + "l"."is_active" = +?
  and (s.quantity - s.reserved - s.min_stock) <= 0
  and s.quantity - s.reserved <= 0
order by
  (s.quantity - s.reserved - s.min_stock),
  "s"."id"
limit
  +?;

-- stock_read_levels
select
  "s"."id",
  "s"."product_id",
  "s"."location_id",
  "s"."quantity",
  "s"."reserved",
  "s"."min_stock",
  "s"."reorder_quantity",
  "s"."version",
  "s"."updated_at"
from
  "stock" as "s"
where
  "s"."product_id" in (
    select
      value
    from
      json_each(+?)
  )
order by
  "s"."product_id",
  "s"."location_id";

-- stock_read_lines
select
  "x"."movement_id",
  "x"."line_number",
  "x"."product_id",
  "p"."sku" as "product_sku",
  "p"."name" as "product_name",
  "x"."from_location_id",
  "x"."to_location_id",
  "x"."quantity",
  "x"."value"
from
  "movement_lines" as "x"
  inner join "products" as "p" on "p"."id" = "x"."product_id"
where
  "x"."movement_id" in (
    select
      value
    from
      json_each(+?)
  )
order by
  "x"."movement_id",
  "x"."line_number";

-- stock_read_locations
select
  "l"."id",
  "l"."code",
  "l"."is_active",
  "l"."is_default"
from
  "locations" as "l"
where
  (
    "l"."is_default" = +?
    or "l"."id" in (
      select
        value
      from
        json_each(+?)
    )
  );

-- stock_read_products
select
  "p"."id",
  "p"."sku",
  "p"."name",
  "p"."unit",
  "p"."decimals",
  "p"."is_active",
  "c"."quantity",
  "c"."value"
from
  "product_costs" as "c"
  inner join "products" as "p" on "p"."id" = "c"."product_id"
where
  "c"."product_id" in (
    select
      value
    from
      json_each(+?)
  )
order by
  "c"."product_id";

-- stock_share_locations
select
  "l"."id",
  "l"."code",
  "l"."is_active",
  "l"."is_default"
from
  "locations" as "l"
where
  (
    "l"."is_default" = +?
    or "l"."id" in (
      select
        value
      from
        json_each(+?)
    )
  );
