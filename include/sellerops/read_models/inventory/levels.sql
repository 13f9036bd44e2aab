WITH RECURSIVE marketplace AS (
    (SELECT account_id, marketplace_id FROM sellerops_marts.restock ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT r.account_id, r.marketplace_id FROM sellerops_marts.restock AS r
        WHERE (r.account_id, r.marketplace_id) > (marketplace.account_id, marketplace.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), demand AS MATERIALIZED (
    SELECT r.account_id, r.stock_pool, r.sku, r.daily_units, r.stock_out_on, r.order_status
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT max(one.day) AS day FROM sellerops_marts.restock AS one
        WHERE one.account_id = marketplace.account_id AND one.marketplace_id = marketplace.marketplace_id
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT one.account_id, one.stock_pool, one.sku, one.daily_units, one.stock_out_on, one.order_status
        FROM sellerops_marts.restock AS one
        WHERE one.account_id = marketplace.account_id AND one.marketplace_id = marketplace.marketplace_id
          AND one.day = newest.day
        OFFSET 0
    ) AS r
), rate AS MATERIALIZED (
    SELECT DISTINCT ON (fx.from_currency, fx.to_currency) fx.from_currency, fx.to_currency, fx.rate
    FROM sellerops_reference.fx_rate AS fx
    WHERE fx.day BETWEEN %(today)s::date - 30 AND %(today)s::date
    ORDER BY fx.from_currency, fx.to_currency, fx.day DESC
), cost AS MATERIALIZED (
    SELECT c.account_id, c.marketplace_id, c.sku, c.currency,
           c.manufacturing + coalesce(c.freight, 0) + coalesce(c.duty, 0) + coalesce(c.prep, 0)
           + coalesce(c.other, 0) AS landed
    FROM sellerops_reference.cost AS c
    WHERE %(today)s::date BETWEEN c.valid_from AND c.valid_to
), counted AS MATERIALIZED (
    -- Of the rows of a stock pool that are asked for, the one that totals count; all rows: the mart says it.
    SELECT l.account_id, l.marketplace_id, l.sku,
           row_number() OVER (PARTITION BY l.account_id COLLATE "C", l.stock_pool COLLATE "C", l.sku COLLATE "C"
                              ORDER BY l.is_counted DESC NULLS LAST, l.marketplace_id) = 1 AS is_counted
    FROM sellerops_marts.inventory_levels AS l
    WHERE %(marketplaces)s::text[] IS NOT NULL AND l.marketplace_id = ANY (%(marketplaces)s)
), found AS MATERIALIZED (
    SELECT l.account_id, coalesce(l.marketplace_id, '') AS marketplace_id,
           coalesce(m.code, l.marketplace_id, '') AS marketplace, coalesce(l.stock_pool, '') AS stock_pool,
           CASE WHEN %(marketplaces)s::text[] IS NULL THEN coalesce(l.is_counted, false)
                ELSE coalesce(counted.is_counted, false) END AS is_counted,
           l.sku, coalesce(l.asin, product.asin) AS asin, l.fnsku, product.title, l.day, l.snapshot_at,
           l.available, l.fc_transfer, l.fc_processing, l.reserved_customer_orders, l.reserved,
           l.inbound_working, l.inbound_shipped, l.inbound_receiving, l.unsellable, l.researching, l.total,
           l.awd_available, l.awd_reserved, l.awd_replenishing, l.awd_inbound, l.own_warehouse, l.on_order,
           l.inbound_open, l.inbound_14_days, l.inbound_30_days, l.inbound_undated, l.next_expected_on,
           coalesce(l.total, 0) + coalesce(l.awd_available, 0) + coalesce(l.awd_reserved, 0)
           + coalesce(l.awd_inbound, 0) + coalesce(l.own_warehouse, 0) AS units_owned,
           money.currency, money.unit_cost,
           money.unit_cost * (coalesce(l.total, 0) + coalesce(l.awd_available, 0) + coalesce(l.awd_reserved, 0)
           + coalesce(l.awd_inbound, 0) + coalesce(l.own_warehouse, 0)) AS stock_value,
           demand.daily_units,
           (coalesce(l.available, 0) + coalesce(l.fc_transfer, 0) + coalesce(l.fc_processing, 0))
           / nullif(demand.daily_units, 0) AS cover_days,
           demand.stock_out_on, coalesce(demand.order_status, '') AS order_status,
           CASE WHEN money.missing IS NULL THEN 0 ELSE 1 END AS without_cost,
           CASE WHEN money.missing IS NULL THEN coalesce(l.status, 'incomplete') ELSE 'incomplete' END AS status,
           coalesce(string_to_array(nullif(concat_ws(', ', nullif(l.missing, ''), money.missing), ''), ', '), '{}') AS missing
    FROM sellerops_marts.inventory_levels AS l
    LEFT JOIN counted ON counted.account_id = l.account_id AND counted.marketplace_id = l.marketplace_id
                     AND counted.sku = l.sku
    LEFT JOIN sellerops.marketplace AS m ON m.id = l.marketplace_id
    LEFT JOIN sellerops_reference.account_setting AS setting ON setting.account_id = l.account_id
    LEFT JOIN sellerops_marts.product AS product ON product.account_id = l.account_id AND product.sku = l.sku
    LEFT JOIN cost AS own ON own.account_id = l.account_id AND own.marketplace_id = l.marketplace_id
                         AND own.sku = l.sku AND l.marketplace_id <> ''
    LEFT JOIN cost AS general ON general.account_id = l.account_id AND general.marketplace_id = ''
                             AND general.sku = l.sku
    CROSS JOIN LATERAL (
        SELECT CASE WHEN own.landed IS NULL THEN general.landed ELSE own.landed END AS landed,
               CASE WHEN own.landed IS NULL THEN general.currency ELSE own.currency END AS currency
    ) AS given
    CROSS JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN setting.reporting_currency
                    ELSE coalesce(m.currency, given.currency) END AS currency
    ) AS wanted
    LEFT JOIN rate ON rate.from_currency = given.currency AND rate.to_currency = wanted.currency
    CROSS JOIN LATERAL (
        SELECT wanted.currency,
               CASE WHEN given.currency = wanted.currency THEN given.landed
                    ELSE given.landed * rate.rate END AS unit_cost,
               CASE WHEN given.landed IS NULL THEN 'cost'
                    WHEN given.currency <> wanted.currency AND rate.rate IS NULL THEN 'fx_rate' END AS missing
    ) AS money
    LEFT JOIN demand ON demand.account_id = l.account_id AND demand.stock_pool = l.stock_pool
                    AND demand.sku = l.sku
    WHERE (%(accounts)s::text[] IS NULL OR l.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR l.marketplace_id = ANY (%(marketplaces)s))
      AND (%(sku)s::text IS NULL OR l.sku = %(sku)s)
      AND (%(search)s::text IS NULL OR l.sku ILIKE %(search)s OR product.title ILIKE %(search)s
           OR l.asin ILIKE %(search)s)
      AND (%(order_status)s::text IS NULL OR demand.order_status = %(order_status)s)
), page AS (
    SELECT * FROM found
    ORDER BY {order_by}, account_id, sku, marketplace_id
    LIMIT %(limit)s OFFSET %(offset)s
), totals AS (
    SELECT count(*) AS row_count,
           '' AS account_id, '' AS marketplace_id, '' AS marketplace, '' AS stock_pool, true AS is_counted,
           '' AS sku, NULL::text AS asin, NULL::text AS fnsku, NULL::text AS title, min(day) AS day,
           min(snapshot_at) AS snapshot_at, (sum(available) FILTER (WHERE is_counted))::bigint AS available,
           (sum(fc_transfer) FILTER (WHERE is_counted))::bigint AS fc_transfer,
           (sum(fc_processing) FILTER (WHERE is_counted))::bigint AS fc_processing,
           (sum(reserved_customer_orders) FILTER (WHERE is_counted))::bigint AS reserved_customer_orders,
           (sum(reserved) FILTER (WHERE is_counted))::bigint AS reserved,
           (sum(inbound_working) FILTER (WHERE is_counted))::bigint AS inbound_working,
           (sum(inbound_shipped) FILTER (WHERE is_counted))::bigint AS inbound_shipped,
           (sum(inbound_receiving) FILTER (WHERE is_counted))::bigint AS inbound_receiving,
           (sum(unsellable) FILTER (WHERE is_counted))::bigint AS unsellable,
           (sum(researching) FILTER (WHERE is_counted))::bigint AS researching,
           (sum(total) FILTER (WHERE is_counted))::bigint AS total,
           (sum(awd_available) FILTER (WHERE is_counted))::bigint AS awd_available,
           (sum(awd_reserved) FILTER (WHERE is_counted))::bigint AS awd_reserved,
           (sum(awd_replenishing) FILTER (WHERE is_counted))::bigint AS awd_replenishing,
           (sum(awd_inbound) FILTER (WHERE is_counted))::bigint AS awd_inbound,
           (sum(own_warehouse) FILTER (WHERE is_counted))::bigint AS own_warehouse,
           (sum(on_order) FILTER (WHERE is_counted))::bigint AS on_order,
           sum(inbound_open)::bigint AS inbound_open, sum(inbound_14_days)::bigint AS inbound_14_days,
           sum(inbound_30_days)::bigint AS inbound_30_days, sum(inbound_undated)::bigint AS inbound_undated,
           min(next_expected_on) AS next_expected_on,
           (sum(units_owned) FILTER (WHERE is_counted))::bigint AS units_owned,
           CASE WHEN min(currency) = max(currency) THEN min(currency) END AS currency,
           NULL::numeric AS unit_cost,
           CASE WHEN min(currency) = max(currency) THEN sum(stock_value) FILTER (WHERE is_counted) END AS stock_value,
           sum(daily_units) FILTER (WHERE is_counted) AS daily_units, NULL::numeric AS cover_days,
           min(stock_out_on) AS stock_out_on, '' AS order_status,
           count(DISTINCT (account_id, sku)) FILTER (WHERE without_cost = 1) AS without_cost,
           CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete' WHEN bool_or(status = 'estimated') THEN 'estimated'
                ELSE 'complete' END AS status,
           array(SELECT DISTINCT word FROM (SELECT DISTINCT f.missing FROM found AS f) AS line,
                 unnest(line.missing) AS word ORDER BY word) AS missing
    FROM found
)
SELECT false AS is_totals, (SELECT row_count FROM totals) AS row_count, page.* FROM page
UNION ALL
SELECT true, totals.* FROM totals
ORDER BY is_totals, {order_by}, account_id, sku, marketplace_id
