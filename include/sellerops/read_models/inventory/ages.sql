WITH RECURSIVE shop AS (
    (SELECT account_id, marketplace_id FROM amazon_sp.fba_inventory_planning ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM shop
    CROSS JOIN LATERAL (
        SELECT p.account_id, p.marketplace_id FROM amazon_sp.fba_inventory_planning AS p
        WHERE (p.account_id, p.marketplace_id) > (shop.account_id, shop.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), planned AS (
    SELECT DISTINCT ON (p.account_id, p.marketplace_id, p.sku) p.*
    FROM shop
    CROSS JOIN LATERAL (
        SELECT max(one.snapshot_date) AS day FROM amazon_sp.fba_inventory_planning AS one
        WHERE one.account_id = shop.account_id AND one.marketplace_id = shop.marketplace_id
    ) AS newest
    JOIN amazon_sp.fba_inventory_planning AS p
      ON p.account_id = shop.account_id AND p.marketplace_id = shop.marketplace_id
     AND p.snapshot_date = newest.day
    WHERE (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
      AND (%(sku)s::text IS NULL OR p.sku = %(sku)s)
      AND (%(search)s::text IS NULL OR p.sku ILIKE %(search)s OR p.product_name ILIKE %(search)s)
    ORDER BY p.account_id, p.marketplace_id, p.sku, p.snapshot_at DESC
), found AS (
    SELECT p.account_id, p.marketplace_id, coalesce(m.code, p.marketplace_id) AS marketplace, p.sku,
           p.product_name AS title, p.snapshot_date AS day, p.available,
           p.inv_age_0_to_90_days AS age_0_90, p.inv_age_91_to_180_days AS age_91_180,
           p.inv_age_181_to_270_days AS age_181_270, p.inv_age_271_to_365_days AS age_271_365,
           p.inv_age_366_to_455_days AS age_366_455, p.inv_age_456_plus_days AS age_456,
           coalesce(p.inv_age_181_to_270_days, 0) + coalesce(p.inv_age_271_to_365_days, 0)
           + coalesce(p.inv_age_366_to_455_days, 0) + coalesce(p.inv_age_456_plus_days, 0) AS aged_units,
           money.currency, money.surcharge * rate.factor AS surcharge,
           p.estimated_storage_cost_next_month * rate.factor AS storage_next_month,
           p.estimated_excess_quantity AS excess_units, p.recommended_removal_quantity AS removal_units,
           coalesce(p.recommended_action, '') AS recommended_action,
           CASE WHEN rate.factor IS NULL THEN 'incomplete' ELSE 'complete' END AS status,
           CASE WHEN rate.factor IS NULL THEN ARRAY['fx_rate'] ELSE '{}' END AS missing
    FROM planned AS p
    LEFT JOIN sellerops.marketplace AS m ON m.id = p.marketplace_id
    LEFT JOIN sellerops_reference.account_setting AS setting ON setting.account_id = p.account_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN setting.reporting_currency ELSE p.currency END AS currency,
               coalesce(p.estimated_ais_181_210_days, 0) + coalesce(p.estimated_ais_211_240_days, 0)
               + coalesce(p.estimated_ais_241_270_days, 0) + coalesce(p.estimated_ais_271_300_days, 0)
               + coalesce(p.estimated_ais_301_330_days, 0) + coalesce(p.estimated_ais_331_365_days, 0)
               + coalesce(p.estimated_ais_366_455_days, 0) + coalesce(p.estimated_ais_456_plus_days, 0)
               AS surcharge
    ) AS money
    LEFT JOIN LATERAL (
        SELECT 1::numeric AS factor WHERE money.currency = p.currency
        UNION ALL
        (SELECT fx.rate FROM sellerops_reference.fx_rate AS fx
         WHERE money.currency <> p.currency AND fx.day BETWEEN p.snapshot_date - 30 AND p.snapshot_date
           AND fx.from_currency = p.currency AND fx.to_currency = money.currency
         ORDER BY fx.day DESC LIMIT 1)
    ) AS rate ON true
), page AS (
    SELECT * FROM found
    ORDER BY {order_by}, account_id, sku, marketplace_id
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, count(*),
       '' AS account_id, '' AS marketplace_id, '' AS marketplace, '' AS sku, NULL::text AS title,
       min(day) AS day, sum(available)::bigint AS available,
       sum(age_0_90)::bigint AS age_0_90, sum(age_91_180)::bigint AS age_91_180,
       sum(age_181_270)::bigint AS age_181_270, sum(age_271_365)::bigint AS age_271_365,
       sum(age_366_455)::bigint AS age_366_455, sum(age_456)::bigint AS age_456,
       sum(aged_units)::bigint AS aged_units,
       CASE WHEN count(DISTINCT currency) = 1 THEN min(currency) END AS currency,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(surcharge) END AS surcharge,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(storage_next_month) END AS storage_next_month,
       sum(excess_units)::bigint AS excess_units, sum(removal_units)::bigint AS removal_units,
       '' AS recommended_action,
       CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete' ELSE 'complete' END AS status,
       array(SELECT DISTINCT word FROM found AS line, unnest(line.missing) AS word ORDER BY word) AS missing
FROM found
ORDER BY is_totals, {order_by}, account_id, sku, marketplace_id
