WITH RECURSIVE marketplace AS (
    (SELECT account_id, marketplace_id FROM amazon_sp.fba_inventory_planning ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT p.account_id, p.marketplace_id FROM amazon_sp.fba_inventory_planning AS p
        WHERE (p.account_id, p.marketplace_id) > (marketplace.account_id, marketplace.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), newest AS MATERIALIZED (
    SELECT marketplace.account_id, marketplace.marketplace_id, last.day, last.at, setting.reporting_currency
    FROM marketplace
    LEFT JOIN sellerops_reference.account_setting AS setting ON setting.account_id = marketplace.account_id
    CROSS JOIN LATERAL (
        SELECT one.snapshot_date AS day, max(one.snapshot_at) AS at
        FROM amazon_sp.fba_inventory_planning AS one
        WHERE one.account_id = marketplace.account_id AND one.marketplace_id = marketplace.marketplace_id
          AND one.snapshot_date = (SELECT max(each.snapshot_date) FROM amazon_sp.fba_inventory_planning AS each
                                   WHERE each.account_id = marketplace.account_id
                                     AND each.marketplace_id = marketplace.marketplace_id)
        GROUP BY one.snapshot_date
    ) AS last
    WHERE (%(accounts)s::text[] IS NULL OR marketplace.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR marketplace.marketplace_id = ANY (%(marketplaces)s))
), rate AS MATERIALIZED (
    SELECT DISTINCT ON (fx.from_currency, fx.to_currency) fx.from_currency, fx.to_currency, fx.rate
    FROM sellerops_reference.fx_rate AS fx
    WHERE fx.day BETWEEN %(today)s::date - 30 AND %(today)s::date
    ORDER BY fx.from_currency, fx.to_currency, fx.day DESC
), found AS MATERIALIZED (
    SELECT p.account_id, p.marketplace_id, coalesce(m.code, p.marketplace_id) AS marketplace, p.sku,
           p.product_name AS title, p.snapshot_date AS day, p.available,
           p.inv_age_0_to_90_days AS age_0_90, p.inv_age_91_to_180_days AS age_91_180,
           p.inv_age_181_to_270_days AS age_181_270, p.inv_age_271_to_365_days AS age_271_365,
           p.inv_age_366_to_455_days AS age_366_455, p.inv_age_456_plus_days AS age_456,
           coalesce(p.inv_age_181_to_270_days, 0) + coalesce(p.inv_age_271_to_365_days, 0)
           + coalesce(p.inv_age_366_to_455_days, 0) + coalesce(p.inv_age_456_plus_days, 0) AS aged_units,
           money.currency, money.surcharge * money.factor AS surcharge,
           p.estimated_storage_cost_next_month * money.factor AS storage_next_month,
           p.estimated_excess_quantity AS excess_units, p.recommended_removal_quantity AS removal_units,
           coalesce(p.recommended_action, '') AS recommended_action,
           CASE WHEN money.factor IS NULL THEN 'incomplete' ELSE 'complete' END AS status,
           CASE WHEN money.factor IS NULL THEN ARRAY['fx_rate'] ELSE '{}' END AS missing
    FROM newest AS n
    CROSS JOIN LATERAL (
        SELECT one.* FROM amazon_sp.fba_inventory_planning AS one
        WHERE one.account_id = n.account_id AND one.marketplace_id = n.marketplace_id
          AND one.snapshot_date = n.day AND one.snapshot_at = n.at
        OFFSET 0
    ) AS p
    LEFT JOIN sellerops.marketplace AS m ON m.id = p.marketplace_id
    LEFT JOIN rate ON rate.from_currency = p.currency AND rate.to_currency = n.reporting_currency
    CROSS JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN n.reporting_currency ELSE p.currency END AS currency,
               CASE WHEN NOT %(in_reporting)s OR n.reporting_currency = p.currency THEN 1
                    ELSE rate.rate END AS factor,
               coalesce(p.estimated_ais_181_210_days, 0) + coalesce(p.estimated_ais_211_240_days, 0)
               + coalesce(p.estimated_ais_241_270_days, 0) + coalesce(p.estimated_ais_271_300_days, 0)
               + coalesce(p.estimated_ais_301_330_days, 0) + coalesce(p.estimated_ais_331_365_days, 0)
               + coalesce(p.estimated_ais_366_455_days, 0) + coalesce(p.estimated_ais_456_plus_days, 0)
               AS surcharge
    ) AS money
    WHERE (%(sku)s::text IS NULL OR p.sku = %(sku)s)
      AND (%(search)s::text IS NULL OR p.sku ILIKE %(search)s OR p.product_name ILIKE %(search)s)
), page AS (
    SELECT * FROM found
    ORDER BY {order_by}, account_id, sku, marketplace_id
    LIMIT %(limit)s OFFSET %(offset)s
), totals AS (
    SELECT count(*) AS row_count,
           '' AS account_id, '' AS marketplace_id, '' AS marketplace, '' AS sku, NULL::text AS title,
           min(day) AS day, sum(available)::bigint AS available,
           sum(age_0_90)::bigint AS age_0_90, sum(age_91_180)::bigint AS age_91_180,
           sum(age_181_270)::bigint AS age_181_270, sum(age_271_365)::bigint AS age_271_365,
           sum(age_366_455)::bigint AS age_366_455, sum(age_456)::bigint AS age_456,
           sum(aged_units)::bigint AS aged_units,
           CASE WHEN min(currency) = max(currency) THEN min(currency) END AS currency,
           CASE WHEN min(currency) = max(currency) THEN sum(surcharge) END AS surcharge,
           CASE WHEN min(currency) = max(currency) THEN sum(storage_next_month) END AS storage_next_month,
           sum(excess_units)::bigint AS excess_units, sum(removal_units)::bigint AS removal_units,
           '' AS recommended_action,
           CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete' ELSE 'complete' END AS status,
           array(SELECT DISTINCT word FROM (SELECT DISTINCT f.missing FROM found AS f) AS line,
                 unnest(line.missing) AS word ORDER BY word) AS missing
    FROM found
)
SELECT false AS is_totals, (SELECT row_count FROM totals) AS row_count, page.* FROM page
UNION ALL
SELECT true, totals.* FROM totals
ORDER BY is_totals, {order_by}, account_id, sku, marketplace_id
