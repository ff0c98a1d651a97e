-- The prepared queries as postgresql gets them; made by `npm run db:queries`, never by hand.

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
  "s"."id" = $1
  and "s"."revoked_at" is null
  and "s"."expires_at" > $2
  and "u"."is_active" = $3;

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
      "p"."is_active" = $1
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
      "p"."category_id" = $1
      and "p"."price" >= $2
      and "p"."price" <= $3
      and "p"."updated_at" >= $4
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

-- products_count {"sort":"id","order":"asc","archived":"exclude","filters":[],"search":"index_1","after":false,"until":false}
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
      "p"."is_active" = $1
      and "p"."search_text" like $2 escape '\'
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
  "p"."id" = $1;

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
  "p"."barcode_key" = $1;

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
  "p"."sku_key" = $1;

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
      "p"."is_active" = $1
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      $2
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $3;

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
      "p"."is_active" = $1
      and ("p"."name_key", "p"."id") < ($2, $3)
    order by
      "p"."name_key" desc,
      "p"."id" desc
    limit
      $4
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" desc,
  "page"."id" desc
limit
  $5;

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
      "p"."is_active" = $1
      and "p"."id" > $2
    order by
      "p"."id" asc
    limit
      $3
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $4;

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
      "p"."is_active" = $1
    order by
      "p"."price" asc,
      "p"."id" asc
    limit
      $2
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $3;

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
          "p"."is_active" = $1
          and ("p"."name_key", "p"."id") < ($2, $3)
        order by
          "p"."name_key" desc,
          "p"."id" desc
        limit
          $4
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
          "p"."is_active" = $5
          and ("p"."name_key", "p"."id") < ($6, $7)
        order by
          "p"."name_key" desc,
          "p"."id" desc
        limit
          $8
      ) as "archived"
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" desc,
  "page"."id" desc
limit
  $9;

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
      "p"."is_active" = $1
      and "p"."category_id" = $2
      and "p"."price" >= $3
      and "p"."price" <= $4
      and "p"."updated_at" >= $5
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
      $6
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $7;

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
      "p"."id" = any ($1::bigint[])
      and "p"."is_active" = $2
      and "p"."category_id" = $3
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      $4
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $5;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"index_2","after":false,"until":false}
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
      "p"."is_active" = $1
      and "p"."search_text" like $2 escape '\'
      and "p"."search_text" like $3 escape '\'
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      $4
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $5;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"read_2","among":"next","after":false,"until":false}
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
      (
        select
          "p".*
        from
          "products" as "p"
        where
          "p"."is_active" = $1
        order by
          "p"."name_key" asc,
          "p"."id" asc
        limit
          200
      ) as "p"
    where
      "p"."is_active" = $2
      and strpos("p"."search_text", $3) > 0
      and strpos("p"."search_text", $4) > 0
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      $5
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $6;

-- products_page {"sort":"name","order":"desc","archived":"exclude","filters":["category_id"],"search":"read_1","among":"next","after":true,"until":false}
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
      (
        select
          "p".*
        from
          "products" as "p"
        where
          "p"."is_active" = $1
          and "p"."category_id" = $2
          and ("p"."name_key", "p"."id") < ($3, $4)
        order by
          "p"."name_key" desc,
          "p"."id" desc
        limit
          200
      ) as "p"
    where
      "p"."is_active" = $5
      and "p"."category_id" = $6
      and strpos("p"."search_text", $7) > 0
      and ("p"."name_key", "p"."id") < ($8, $9)
    order by
      "p"."name_key" desc,
      "p"."id" desc
    limit
      $10
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" desc,
  "page"."id" desc
limit
  $11;

-- products_page {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"read_1","among":"given","after":false,"until":false}
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
      "p"."id" = any ($1::bigint[])
      and "p"."is_active" = $2
      and strpos("p"."search_text", $3) > 0
    order by
      "p"."name_key" asc,
      "p"."id" asc
    limit
      $4
  ) as "page"
  inner join "categories" as "c" on "c"."id" = "page"."category_id"
order by
  "page"."place" asc,
  "page"."id" asc
limit
  $5;

-- products_rare {"sort":"name","order":"asc","archived":"exclude","filters":[],"search":"read_2","after":false,"until":false}
with
  found as materialized (
    select
      array(
        select
          p.id
        from
          products as p
        where
          p.search_text like (
            select
              $1
          ) escape '\'
        limit
          2001
      ) as ids
  ),
  rare as materialized (
    select
      ids
    from
      found
    where
      cardinality(ids) <= 2000
  )
select
  cardinality(found.ids) as candidates,
  page.*
from
  found
  left join (
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
          p.id = any (
            (
              select
                ids
              from
                rare
            )::bigint[]
          )
          and "p"."is_active" = $2
          and strpos("p"."search_text", $3) > 0
          and strpos("p"."search_text", $4) > 0
        order by
          "p"."name_key" asc,
          "p"."id" asc
        limit
          $5
      ) as "page"
      inner join "categories" as "c" on "c"."id" = "page"."category_id"
    order by
      "page"."place" asc,
      "page"."id" asc
    limit
      $6
  ) as page on true
order by
  page.place asc,
  page.id asc;

-- products_short_levels
select
  "m"."product_id"
from
  "stock" as "m"
where
  m.quantity - m.reserved - m.min_stock <= 0
limit
  $1;

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
  "s"."id" = $1;

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
  "m"."id" = $1;

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
  ($1, $2, $3, $4, $5, $6, $7);

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
  ($1, $2, $3, $4, $5, $6, $7),
  ($8, $9, $10, $11, $12, $13, $14);

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
  ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
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
  "c"."product_id" = any ($1::bigint[])
order by
  "c"."product_id"
for update of
  "c"
for key share of
  "p";

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
  "p"."is_active" = $1
  and "l"."is_active" = $2
  and (s.quantity - s.reserved - s.min_stock) <= 0
order by
  (s.quantity - s.reserved - s.min_stock),
  "s"."id"
limit
  $3;

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
  "p"."is_active" = $1
  and "l"."is_active" = $2
  and (s.quantity - s.reserved - s.min_stock) <= 0
  and "s"."location_id" = $3
  and s.quantity - s.reserved > 0
  and s.quantity - s.reserved <= s.min_stock
  and ((s.quantity - s.reserved - s.min_stock), s.id) > ($4, $5)
order by
  (s.quantity - s.reserved - s.min_stock),
  "s"."id"
limit
  $6;

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
  "p"."is_active" = $1
  and "l"."is_active" = $2
  and (s.quantity - s.reserved - s.min_stock) <= 0
  and s.quantity - s.reserved <= 0
order by
  (s.quantity - s.reserved - s.min_stock),
  "s"."id"
limit
  $3;

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
  "s"."product_id" = any ($1::bigint[])
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
  "x"."movement_id" = any ($1::bigint[])
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
    "l"."is_default" = $1
    or "l"."id" = any ($2::bigint[])
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
  "c"."product_id" = any ($1::bigint[])
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
    "l"."is_default" = $1
    or "l"."id" = any ($2::bigint[])
  )
for key share of
  "l";
